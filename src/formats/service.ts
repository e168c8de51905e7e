// A service that answers JSON with JSON over HTTP: tried again where another try may help, and never trusted.
//
//   429, 408 and 5xx, an answer that breaks off or never comes: again after 0.5, 1, 2, 4 ... seconds, or when
//   Retry-After says; all requests of a service wait together
//   401, 403, HTML, another 4xx, a redirect: an error at once
//
// The key goes into the Authorization header and nowhere else: not into messages, not into what is written.
import { InputError, shown, UsageError } from '../core/errors.js';
import { looksLikeMarkup } from '../core/wasm-source.js';
import { joined } from './pieces.js';

export interface ServiceOptions {
  /** Sent as a bearer token. */
  key?: string;
  /** What a user sets to give a key, for messages. */
  keyVariable?: string;
  /** How often a request is made before its failure is the caller's; 6 unless given. */
  attempts?: number;
  /** Without an answer for so long, a request has failed; two minutes unless given. */
  timeoutMs?: number;
  /** Waits; a test's clock in place of the real one. */
  wait?: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** A request is made again, and why. */
  onRetry?: (message: string) => void;
}

const FIRST_WAIT_MS = 500;
/** A service that asks to wait longer is left: the work resumes when it is repeated. */
const LONGEST_WAIT_MS = 10 * 60_000;
const MAX_ANSWER_BYTES = 512 * 1024 ** 2;
const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];

/** The service refused this request; the same one would be refused again. */
export class RefusedRequest extends InputError {
  constructor(
    message: string,
    readonly status: number,
  ) {
    super(message);
  }
}

/**
 * The address of `path` ('embeddings', say) of a service that is named by its root, its /v1, or the address itself.
 * UsageError: no URL, neither https nor http on this machine, or one with a password in it.
 */
export function serviceUrl(given: string, path: string): URL {
  let url: URL;
  try {
    url = new URL(given);
  } catch (cause) {
    throw new UsageError(`'${shown(given)}' is not a URL; give http://127.0.0.1:8080/v1, say`, { cause });
  }
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && LOOPBACK.includes(url.hostname)))
    throw new UsageError(
      `${shown(url.origin)}: texts and keys are sent by https, or by http to this machine only (localhost, 127.0.0.1)`,
    );
  if (url.username || url.password)
    throw new UsageError(
      `${shown(url.host)}: an address with a user or password is not used; a key is given in an environment variable`,
    );
  const base = url.pathname.replace(/\/+$/, '');
  if (!base.endsWith(`/${path}`)) url.pathname = `${base === '' ? '/v1' : base}/${path}`;
  return url;
}

/** Whether the address is on this machine. */
export const isLoopback = (url: URL): boolean => LOOPBACK.includes(url.hostname);

export class Service {
  /** The address without what follows a `?`: for messages. */
  readonly label: string;
  #url: URL;
  #key: string | undefined;
  #options: ServiceOptions;
  /** No request before this time, for all: a service that is asked to slow down is asked by none. */
  #notBefore = 0;

  constructor(url: URL, { key, ...options }: ServiceOptions = {}) {
    this.#url = url;
    this.label = `${url.origin}${url.pathname}`;
    this.#key = key;
    this.#options = options;
  }

  /** The answer's JSON. InputError (RefusedRequest) naming the address; the signal's reason where it is aborted. */
  async post(body: unknown, signal?: AbortSignal): Promise<unknown> {
    const { attempts = 6, onRetry, wait = waited } = this.#options;
    const text = JSON.stringify(body);
    for (let attempt = 1; ; attempt++) {
      signal?.throwIfAborted();
      const pause = this.#notBefore - performance.now();
      if (pause > 0) await wait(pause, signal);
      try {
        return await this.#once(text, signal);
      } catch (error) {
        signal?.throwIfAborted();
        if (!(error instanceof Passing)) throw error;
        const ms = error.afterMs ?? FIRST_WAIT_MS * 2 ** (attempt - 1);
        if (attempt >= attempts || ms > LONGEST_WAIT_MS)
          throw new InputError(
            `${this.label}: ${error.message}${ms > LONGEST_WAIT_MS ? `, and asks to wait ${Math.round(ms / 1000)} s` : `, ${attempts} times`}; what is finished is kept: repeat the command later to go on`,
            { cause: error },
          );
        onRetry?.(`${this.label}: ${error.message}; again in ${(ms / 1000).toFixed(1)} s`);
        this.#notBefore = Math.max(this.#notBefore, performance.now() + ms);
      }
    }
  }

  async #once(text: string, signal: AbortSignal | undefined): Promise<unknown> {
    const { timeoutMs = 120_000 } = this.#options;
    const stop = new AbortController();
    const abort = () => stop.abort();
    signal?.addEventListener('abort', abort, { once: true });
    const timer = setTimeout(abort, timeoutMs);
    try {
      const response = await fetch(this.#url, {
        method: 'POST',
        redirect: 'manual',
        signal: stop.signal,
        headers: {
          'content-type': 'application/json',
          accept: 'application/json',
          ...(this.#key !== undefined && { authorization: `Bearer ${this.#key}` }),
        },
        body: text,
      });
      return this.#parsed(response, await bodyOf(response));
    } catch (error) {
      if (error instanceof InputError || error instanceof Passing) throw error;
      throw new Passing(
        stop.signal.aborted
          ? `no answer within ${timeoutMs / 1000} s`
          : `cannot be reached, or broke off (${reasonOf(error)})`,
      );
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      stop.abort(); // a connection that sends too much is closed
    }
  }

  #parsed({ status, headers, type }: Response, bytes: Uint8Array): unknown {
    const refuse = (reason: string): never => {
      throw new RefusedRequest(`${this.label}: ${reason}`, status);
    };
    if (type === 'opaqueredirect' || (status >= 300 && status < 400))
      refuse('redirects elsewhere, where nothing is sent; give the address that it leads to');
    if (status === 429 || status === 408 || status >= 500)
      throw new Passing(`HTTP ${status}`, retryAfter(headers.get('retry-after')));
    if (status === 401 || status === 403) refuse(`HTTP ${status}: ${this.#keyAdvice()}`);
    if (looksLikeMarkup(bytes))
      refuse(`answered HTML (HTTP ${status}), not JSON; check the address: it ends with /v1, as a rule`);
    if (status !== 200) refuse(`HTTP ${status}${this.#said(bytes)}`);
    try {
      return JSON.parse(new TextDecoder().decode(bytes));
    } catch {
      throw new Passing(`an answer of ${bytes.byteLength} bytes that is cut short or not JSON`);
    }
  }

  #keyAdvice(): string {
    const variable = this.#options.keyVariable ?? 'its environment variable';
    return this.#key === undefined
      ? `it wants a key; set ${variable}`
      : `it does not take the key in ${variable}`;
  }

  /** What the service says of an error, without the key, should that be in it. */
  #said(bytes: Uint8Array): string {
    let said: unknown = new TextDecoder().decode(bytes.subarray(0, 2000));
    try {
      const { error } = JSON.parse(said as string) as { error?: { message?: unknown } | string };
      said = typeof error === 'string' ? error : (error?.message ?? said);
    } catch {
      // not JSON: the text as it is
    }
    const text = typeof said === 'string' ? said : '';
    const safe = this.#key ? text.replaceAll(this.#key, '***') : text;
    return safe.trim() ? `: ${shown(safe.trim(), 200)}` : '';
  }
}

/** A failure that may pass. */
class Passing extends Error {
  constructor(
    message: string,
    readonly afterMs?: number,
  ) {
    super(message);
  }
}

/** Seconds, or a date. */
function retryAfter(header: string | null): number | undefined {
  if (header === null || header.trim() === '') return undefined;
  const seconds = Number(header);
  const ms = Number.isFinite(seconds) ? 1000 * seconds : Date.parse(header) - Date.now();
  return ms >= 0 ? ms : undefined;
}

async function bodyOf(response: Response): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let total = 0;
  const reader = response.body?.getReader();
  if (!reader) return new Uint8Array(0);
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return joined(chunks);
    total += value.byteLength;
    if (total > MAX_ANSWER_BYTES)
      throw new InputError(`${response.url}: an answer above the limit of ${MAX_ANSWER_BYTES} bytes`);
    chunks.push(value);
  }
}

const reasonOf = (error: unknown): string => {
  const { message, cause } = error as Error;
  return shown(cause instanceof Error && cause.message ? cause.message : message);
};

function waited(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = () => {
      clearTimeout(timer);
      reject(signal!.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', end);
      resolve();
    }, ms);
    signal?.addEventListener('abort', end, { once: true });
  });
}

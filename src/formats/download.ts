// A file over HTTP: size cap while reading, stalls and pages told apart from data.
import { InputError, UsageError } from '../core/errors.js';
import { looksLikeMarkup } from '../core/wasm-source.js';
import { joined } from './pieces.js';

export interface DownloadOptions {
  /** More is refused: before reading where the server says the length, else while reading. */
  maxBytes: number;
  /** Without a byte for so long, it is given up. */
  stallMs?: number;
  signal?: AbortSignal;
  onProgress?: (bytes: number, total: number | undefined) => void;
  /** What to do instead, for the end of each message. */
  advice: string;
}

/** The server answered, but not with the file: HTTP `status`, which is 200 where it sent a page of HTML. */
export class HttpError extends InputError {
  readonly status: number;
  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

const STALL_MS = 60_000;
/** How often a transfer that broke off is gone on with from where it was. */
const RESUMPTIONS = 3;

/** The body. InputError (HttpError where the server has not got it), naming the URL: unreachable, HTTP error, too large, broken off, stalled, changed meanwhile, empty, HTML. */
export async function download(url: string, options: DownloadOptions): Promise<Uint8Array<ArrayBuffer>> {
  const transfer = new Transfer(url, options);
  for (let resumptions = 0; ; resumptions++) {
    const failure = await transfer.go();
    if (!failure) return transfer.bytes();
    if (resumptions === RESUMPTIONS || !transfer.resumable) throw failure;
  }
}

/** What has come of a file, over one connection or several. */
class Transfer {
  #url: string;
  #options: Required<Pick<DownloadOptions, 'stallMs'>> & DownloadOptions;
  #chunks: Uint8Array[] = [];
  #total = 0;
  /** Of the first answer: what must hold of the rest. */
  #first: { length: number; version: string } | undefined;
  #lost: Error | undefined;
  resumable = false;

  constructor(url: string, options: DownloadOptions) {
    this.#url = url;
    this.#options = { ...options, stallMs: options.stallMs ?? STALL_MS };
  }

  /** Reads to the end; what came in between, where the connection was lost. Throws what another try would not mend. */
  async go(): Promise<Error | undefined> {
    const { stallMs, signal } = this.#options;
    const stop = new AbortController();
    const abort = () => stop.abort(signal!.reason);
    signal?.throwIfAborted();
    signal?.addEventListener('abort', abort, { once: true });
    let stalled = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const answered = <T>(promise: Promise<T>, lost: (reason: string | undefined) => string): Promise<T> => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        stalled = true;
        stop.abort();
      }, stallMs);
      return promise.catch((cause) => {
        throw new Lost(this.#failure(lost(stalled ? undefined : reasonOf(cause)), cause));
      });
    };
    const seconds = stallMs / 1000;
    try {
      const headers: Record<string, string> = this.#total ? { range: `bytes=${this.#total}-` } : {};
      const response = await answered(fetch(this.#url, { signal: stop.signal, headers }), (reason) =>
        reason === undefined ? `no answer for ${seconds} s` : `cannot be reached (${reason})`,
      );
      const reader = this.#accept(response).getReader();
      for (;;) {
        const { done, value } = await answered(reader.read(), (reason) =>
          reason === undefined
            ? `no data for ${seconds} s after ${this.#total} bytes`
            : `broke off after ${this.#total} bytes (${reason})`,
        );
        if (done) return undefined;
        this.#take(value);
      }
    } catch (error) {
      if (!(error instanceof Lost)) throw error;
      this.#lost = error.failure;
      return error.failure;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      stop.abort(); // a connection that sends too much is closed
    }
  }

  /** Of the first answer, or of one that goes on where the last one ended. */
  #accept(response: Response): ReadableStream<Uint8Array> {
    const { maxBytes, advice } = this.#options;
    const { headers, status, body } = response;
    if (!response.ok || !body) throw new HttpError(`${this.#url}: HTTP ${status}; ${advice}`, status);
    this.#checkRedirect(response.url);
    const version = ['etag', 'last-modified'].map((name) => headers.get(name)).join(' ');
    if (!this.#first) {
      const length = Number(headers.get('content-length') ?? Number.NaN);
      if (length > maxBytes) throw this.#failure(`${length} bytes, more than the limit of ${maxBytes}`);
      this.#first = { length, version };
      // What is compressed on the way is counted otherwise than what arrives.
      this.resumable = !headers.has('content-encoding') && /^https?:/.test(this.#url);
      return body;
    }
    const { length } = this.#first;
    const range = /^bytes (\d+)-\d+\/(\d+)$/.exec(headers.get('content-range') ?? '');
    this.resumable &&= status === 206 && Number(range?.[1]) === this.#total;
    if (!this.resumable) throw this.#lost; // the server does not go on from there
    if (version !== this.#first.version || (length >= 0 && Number(range![2]) !== length))
      throw this.#failure('changed on the server while it was read');
    return body;
  }

  #take(chunk: Uint8Array): void {
    const { maxBytes, onProgress } = this.#options;
    this.#total += chunk.byteLength;
    if (this.#total > maxBytes) throw this.#failure(`sends more than the limit of ${maxBytes} bytes`);
    this.#chunks.push(chunk);
    const { length } = this.#first!;
    onProgress?.(this.#total, Number.isNaN(length) ? undefined : length);
  }

  bytes(): Uint8Array<ArrayBuffer> {
    const bytes = joined(this.#chunks);
    if (!this.#total) throw this.#failure('is empty');
    if (looksLikeMarkup(bytes))
      throw new HttpError(
        `${this.#url}: the server returned HTML, not a file of weights; ${this.#options.advice}`,
        200,
      );
    return bytes;
  }

  #checkRedirect(to: string): void {
    if (this.#url.startsWith('https:') && to.startsWith('http:'))
      throw this.#failure(`redirects to ${to}, which is not https`);
  }

  #failure(reason: string, cause?: unknown): Error {
    const { signal, advice } = this.#options;
    signal?.throwIfAborted();
    return new InputError(`${this.#url}: ${reason}; ${advice}`, { cause });
  }
}

/** The connection was lost: another one may go on. */
class Lost extends Error {
  constructor(readonly failure: Error) {
    super(failure.message);
  }
}

/** What anyone on the way could have changed must be told by its digest. */
export function checkSecure(url: string, pinned: boolean): void {
  const { protocol, hostname } = new URL(url);
  const loopback = ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
  if (protocol === 'https:' || ['blob:', 'data:'].includes(protocol)) return;
  if (protocol === 'http:' && (pinned || loopback)) return;
  throw new UsageError(
    protocol === 'http:'
      ? `${url}: http can be changed on the way; use https, or give the file's sha256`
      : `${url}: only https, and http with a sha256, can be loaded`,
  );
}

const reasonOf = (error: unknown): string => {
  const { message, cause } = error as Error;
  return cause instanceof Error ? cause.message : message;
};

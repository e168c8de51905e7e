// A file over HTTP: size cap while reading, stalls and pages told apart from data.
import { InputError, UsageError } from '../core/errors.js';
import { looksLikeMarkup } from '../core/wasm-source.js';

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
    this.name = 'InputError';
    this.status = status;
  }
}

const STALL_MS = 60_000;

/** The body. InputError (HttpError where the server has not got it), naming the URL: unreachable, HTTP error, too large, broken off, stalled, empty, HTML. */
export async function download(
  url: string,
  { maxBytes, stallMs = STALL_MS, signal, onProgress, advice }: DownloadOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const fail = (reason: string, cause?: unknown): never => {
    signal?.throwIfAborted();
    throw new InputError(`${url}: ${reason}; ${advice}`, { cause });
  };
  const stop = new AbortController();
  const abort = () => stop.abort(signal!.reason);
  signal?.throwIfAborted();
  signal?.addEventListener('abort', abort, { once: true });
  let stalled = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const wait = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      stalled = true;
      stop.abort();
    }, stallMs);
  };
  const chunks: Uint8Array[] = [];
  let total = 0;
  try {
    wait();
    const response = await fetch(url, { signal: stop.signal }).catch((cause) =>
      stalled
        ? fail(`no answer for ${stallMs / 1000} s`, cause)
        : fail(`cannot be reached (${reasonOf(cause)})`, cause),
    );
    if (!response.ok || !response.body)
      throw new HttpError(`${url}: HTTP ${response.status}; ${advice}`, response.status);
    checkRedirect(url, response.url, fail);
    const length = Number(response.headers.get('content-length') ?? Number.NaN);
    if (length > maxBytes) fail(`${length} bytes, more than the limit of ${maxBytes}`);
    const reader = response.body.getReader();
    for (;;) {
      wait();
      const { done, value } = await reader
        .read()
        .catch((cause) =>
          stalled
            ? fail(`no data for ${stallMs / 1000} s after ${total} bytes`, cause)
            : fail(`broke off after ${total} bytes (${reasonOf(cause)})`, cause),
        );
      if (done) break;
      total += value.byteLength;
      if (total > maxBytes) fail(`sends more than the limit of ${maxBytes} bytes`);
      chunks.push(value);
      onProgress?.(total, Number.isNaN(length) ? undefined : length);
    }
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
    stop.abort(); // a connection that sends too much is closed
  }
  const bytes = new Uint8Array(total);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  if (!total) fail('is empty');
  if (looksLikeMarkup(bytes))
    throw new HttpError(`${url}: the server returned HTML, not a file of weights; ${advice}`, 200);
  return bytes;
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

function checkRedirect(from: string, to: string, fail: (reason: string) => never): void {
  if (from.startsWith('https:') && to.startsWith('http:')) fail(`redirects to ${to}, which is not https`);
}

const reasonOf = (error: unknown): string => {
  const { message, cause } = error as Error;
  return cause instanceof Error ? cause.message : message;
};

// Answers that a server should not give.
import type { IncomingMessage, ServerResponse } from 'node:http';

/** Promises `length` bytes, sends the first ones and hangs up. */
export function breakOff(response: ServerResponse, length: number, first: Uint8Array): void {
  response.writeHead(200, { 'content-length': String(length) });
  response.write(first, () => response.socket!.end());
}

/** Sends as much as is taken, without end. */
export function sendEndlessly(response: ServerResponse): void {
  const block = new Uint8Array(65536);
  const more = () => {
    while (!response.destroyed && response.write(block));
  };
  response.on('drain', more);
  more();
}

/** Hangs up after each `step` bytes, and goes on where a range asks for it. `etag`: of each answer. */
export function inPieces(
  request: IncomingMessage,
  response: ServerResponse,
  file: Uint8Array,
  step: number,
  etag: (from: number) => string = () => '"one"',
): void {
  const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
  const end = Math.min(file.length, from + step);
  response.writeHead(from ? 206 : 200, {
    etag: etag(from),
    'content-length': String(file.length - from),
    ...(from && { 'content-range': `bytes ${from}-${file.length - 1}/${file.length}` }),
  });
  if (end === file.length) response.end(file.subarray(from));
  else response.write(file.subarray(from, end), () => response.socket!.end());
}

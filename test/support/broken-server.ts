// Answers that a server should not give.
import type { ServerResponse } from 'node:http';

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

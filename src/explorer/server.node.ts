// The explorer's server: this machine only, reading only. FAULTS W3.
import { createReadStream } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, sep } from 'node:path';
import { CurvesaeError, InputError } from '../core/errors.js';
import { lookUp, mediaType, POLICY, requestedPath, type Site } from './site.js';

export const DEFAULT_PORT = 7373;
/** Ports tried after the default one. */
const MORE_PORTS = 20;

const HEADERS: Record<string, string> = {
  'Content-Security-Policy': `${POLICY}; frame-ancestors 'none'`,
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Permissions-Policy': 'camera=(self), microphone=(), geolocation=()',
  'Cache-Control': 'no-cache',
};

export interface Served {
  url: string;
  port: number;
  close(): void;
}

/** Serves on 127.0.0.1. Without `port`, the first free one from DEFAULT_PORT on. InputError where there is none. */
export async function serve(site: Site, port?: number): Promise<Served> {
  const first = port ?? DEFAULT_PORT;
  const last = port ?? DEFAULT_PORT + MORE_PORTS;
  for (let p = first; p <= last; p++) {
    const server = createServer((request, response) => {
      answer(site, request, response).catch(() => {
        if (!response.headersSent) refuse(response, 500, 'this file cannot be read');
        else response.destroy();
      });
    });
    try {
      await listen(server, p);
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException;
      if (code === 'EADDRINUSE' && p < last) continue;
      const why =
        code === 'EADDRINUSE'
          ? 'in use'
          : code === 'EACCES'
            ? 'not allowed to this user'
            : (code ?? 'not usable');
      throw new InputError(
        port === undefined
          ? `ports ${first} to ${last} of 127.0.0.1 are in use; choose one with --port`
          : `port ${port} of 127.0.0.1 is ${why}; choose another with --port`,
        { cause },
      );
    }
    const chosen = (server.address() as AddressInfo).port;
    return {
      url: `http://127.0.0.1:${chosen}/`,
      port: chosen,
      close: () => {
        server.closeAllConnections();
        server.close();
      },
    };
  }
  throw new InputError('no port to serve on'); // not reached: the loop returns or throws
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((done, failed) => {
    server.once('error', failed);
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      server.off('error', failed);
      done();
    });
  });
}

async function answer(site: Site, request: IncomingMessage, response: ServerResponse): Promise<void> {
  for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
  if (!isOwnHost(request)) return refuse(response, 403, 'this server answers 127.0.0.1 only');
  const posted = request.method === 'POST' ? requestedPath(request.url ?? '') : undefined;
  const service = posted === undefined ? undefined : site.answers?.get(posted);
  if (service) return answerTo(service, request, response);
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('Allow', 'GET, HEAD');
    return refuse(response, 405, 'GET and HEAD only');
  }
  const path = requestedPath(request.url ?? '');
  const found = path === undefined ? undefined : lookUp(site, path);
  if (path === undefined || !found) return refuse(response, 404, 'not found');
  response.setHeader('Content-Type', mediaType(path));
  if ('text' in found) {
    const bytes = Buffer.from(found.text);
    response.setHeader('Content-Length', bytes.byteLength);
    response.end(request.method === 'HEAD' ? undefined : bytes);
    return;
  }
  const file = 'file' in found ? found.file : await insideOf(found.root, found.name);
  const info = file === undefined ? undefined : await stat(file).catch(() => undefined);
  if (file === undefined || !info?.isFile()) return refuse(response, 404, 'not found');
  sendFile(request, response, file, info.size);
}

/** Of what a page may send. */
const MOST_SENT = 1 << 16;

/** Other sites can send a POST here too, which may cost its owner money: only one that names our own page as its origin is answered. */
async function answerTo(
  service: (body: Uint8Array) => Promise<Uint8Array>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (request.headers.origin === undefined)
    return refuse(response, 403, 'only pages of this server ask this');
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.byteLength;
    if (size > MOST_SENT) {
      response.setHeader('Connection', 'close');
      return refuse(response, 413, `more than ${MOST_SENT} bytes`);
    }
    parts.push(part);
  }
  try {
    const bytes = await service(Buffer.concat(parts));
    response.setHeader('Content-Type', 'application/octet-stream');
    response.setHeader('Content-Length', bytes.byteLength);
    response.end(bytes);
  } catch (error) {
    if (!(error instanceof CurvesaeError)) throw error;
    refuse(response, 502, error.message);
  }
}

/** The name of the machine that a page asked for: another one is a page that rebinds its DNS name to us. */
function isOwnHost({ headers, socket }: IncomingMessage): boolean {
  const port = socket.localPort;
  const own = ['127.0.0.1', 'localhost', '[::1]'].map((name) => `${name}:${port}`);
  if (port === 80) own.push('127.0.0.1', 'localhost', '[::1]');
  const { host, origin } = headers;
  if (host === undefined || !own.includes(host.toLowerCase())) return false;
  return origin === undefined || own.some((name) => origin.toLowerCase() === `http://${name}`);
}

/** The real file of `name` below `root`; undefined where there is none, or a link leads out. */
async function insideOf(root: string, name: string): Promise<string | undefined> {
  try {
    const base = await realpath(root);
    const file = await realpath(join(base, name));
    return file.startsWith(base + sep) ? file : undefined;
  } catch {
    return undefined;
  }
}

/** One range of bytes, as RFC 9110 14 has it; several are answered with the whole file. */
export function parseRange(
  header: string,
  size: number,
): { start: number; end: number } | 'whole' | 'unsatisfiable' {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header);
  if (!match || (match[1] === '' && match[2] === '')) return 'whole';
  const [from, to] = [match[1], match[2]];
  const start = from === '' ? Math.max(0, size - Number(to)) : Number(from);
  const end = from === '' || to === '' ? size - 1 : Math.min(Number(to), size - 1);
  if (from !== '' && to !== '' && Number(to) < Number(from)) return 'whole';
  return start >= size || start > end ? 'unsatisfiable' : { start, end };
}

function sendFile(request: IncomingMessage, response: ServerResponse, file: string, size: number): void {
  response.setHeader('Accept-Ranges', 'bytes');
  const range = request.headers.range === undefined ? 'whole' : parseRange(request.headers.range, size);
  if (range === 'unsatisfiable') {
    response.setHeader('Content-Range', `bytes */${size}`);
    refuse(response, 416, 'no such range');
    return;
  }
  const { start, end } = range === 'whole' ? { start: 0, end: size - 1 } : range;
  response.statusCode = range === 'whole' ? 200 : 206;
  if (range !== 'whole') response.setHeader('Content-Range', `bytes ${start}-${end}/${size}`);
  response.setHeader('Content-Length', end - start + 1);
  if (request.method === 'HEAD' || size === 0) {
    response.end();
    return;
  }
  const stream = createReadStream(file, { start, end });
  stream.on('error', () => response.destroy());
  response.on('close', () => stream.destroy());
  stream.pipe(response);
}

function refuse(response: ServerResponse, status: number, text: string): void {
  response.statusCode = status;
  response.setHeader('Content-Type', 'text/plain; charset=utf-8');
  response.end(`${text}\n`);
}

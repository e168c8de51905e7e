// The server by itself: what it refuses, and what it sends (FAULTS W3).
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseRange, type Served, serve } from '../../src/explorer/server.node.js';
import { requestedPath, type Site } from '../../src/explorer/site.js';
import { temporaryFolder } from '../support/cli.js';

const test = suite('explorer/server');
const dir = temporaryFolder('server');
const root = join(dir, 'data');
mkdirSync(join(root, 'inner'), { recursive: true });
mkdirSync(join(dir, 'data-secret'));
const BYTES = Buffer.from(Array.from({ length: 1000 }, (_, i) => i % 251));
writeFileSync(join(root, 'table.safetensors'), BYTES);
writeFileSync(join(root, 'inner', 'a b.json'), '{}');
writeFileSync(join(root, 'empty.json'), '');
writeFileSync(join(root, '.hidden'), 'hidden');
writeFileSync(join(dir, 'secret.txt'), 'secret');
writeFileSync(join(dir, 'data-secret', 'x.json'), 'secret');
writeFileSync(join(dir, 'index.html'), '<!doctype html>');
writeFileSync(join(dir, 'simd.wasm'), 'wasm');
symlinkSync(join(dir, 'secret.txt'), join(root, 'out.txt'));
symlinkSync(dir, join(root, 'up'));
symlinkSync(join(root, 'table.safetensors'), join(root, 'in.safetensors'));

const site: Site = {
  files: new Map([
    ['index.html', { file: join(dir, 'index.html') }],
    ['core/simd.wasm', { file: join(dir, 'simd.wasm') }],
    ['runs.json', { text: '{"a":"\u2028</script>"}' }],
  ]),
  folders: new Map([['data/a', root]]),
};
let server: Served;
test.before(async () => {
  server = await serve(site, 0);
});
test.after(() => server.close());

interface Reply {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: Buffer;
}

/** The target as it stands: no client tidies it. */
function ask(
  target: string,
  options: { method?: string; headers?: Record<string, string> } = {},
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const call = request(
      {
        host: '127.0.0.1',
        port: server.port,
        path: target,
        method: options.method ?? 'GET',
        headers: options.headers,
      },
      (response) => {
        const parts: Buffer[] = [];
        response.on('data', (d) => parts.push(d));
        response.on('end', () =>
          resolve({ status: response.statusCode!, headers: response.headers, body: Buffer.concat(parts) }),
        );
      },
    );
    call.on('error', reject);
    call.end();
  });
}

test('pages, data and the core, each with its type and the protective headers', async () => {
  const types: Record<string, string> = {
    '/': 'text/html; charset=utf-8',
    '/index.html': 'text/html; charset=utf-8',
    '/core/simd.wasm': 'application/wasm',
    '/runs.json': 'application/json; charset=utf-8',
    '/data/a/table.safetensors': 'application/octet-stream',
    '/data/a/inner/a%20b.json?x=1#y': 'application/json; charset=utf-8',
    '/data/a/in.safetensors': 'application/octet-stream',
  };
  for (const [path, type] of Object.entries(types)) {
    const { status, headers } = await ask(path);
    assert.is(status, 200, path);
    assert.is(headers['content-type'], type, path);
    assert.is(headers['x-content-type-options'], 'nosniff');
    assert.is(headers['cross-origin-opener-policy'], 'same-origin');
    assert.is(headers['cross-origin-embedder-policy'], 'require-corp');
    assert.is(headers['cross-origin-resource-policy'], 'same-origin');
    assert.is(headers['access-control-allow-origin'], undefined);
    const policy = String(headers['content-security-policy']);
    assert.match(policy, "default-src 'none'");
    assert.match(policy, "script-src 'self' 'wasm-unsafe-eval'");
    assert.match(policy, "worker-src 'self'");
    assert.not.match(policy, 'unsafe-inline');
    assert.not.match(policy, "'unsafe-eval'");
  }
});

const FORBIDDEN = [
  '/data/a/../../secret.txt',
  '/data/a/%2e%2e/%2e%2e/secret.txt',
  '/data/a/%2E%2E%2fsecret.txt',
  '/data/a/..%2f..%2fsecret.txt',
  '/data/a/%252e%252e/secret.txt',
  '/data/a/%25252e%25252e/secret.txt',
  '/data/a/..%5c..%5csecret.txt',
  '/data/a/..\\..\\secret.txt',
  '/data/a/%c0%ae%c0%ae/secret.txt',
  '/data/a/%uff0e%uff0e/secret.txt',
  '/data/a/table.safetensors%00.json',
  '/data/a/inner/%00',
  '/data/a//etc/passwd',
  '/data/a/%2fetc%2fpasswd',
  '//etc/passwd',
  '/%2f%2fetc/passwd',
  '/etc/passwd',
  '/data/a/C:/windows',
  '/data/a/c%3a%5cwindows',
  '/%5c%5chost%5cshare',
  '/data/a/out.txt',
  '/data/a/up/secret.txt',
  '/data/a/.hidden',
  '/data/a/./table.safetensors',
  '/data/a/inner',
  '/data/a/inner/',
  '/data/a/',
  '/data/a',
  '/data/a-secret/x.json',
  '/data/a/../a-secret/x.json',
  '/data/b/table.safetensors',
  '/runs.json/',
  '/__proto__',
  '/constructor',
  '/%',
  '/%zz',
  `/data/a/${'x'.repeat(5000)}`,
];

test('traversal, links out and other roots in every encoding: not found, and nothing of the file', async () => {
  for (const target of FORBIDDEN) {
    const { status, body } = await ask(target);
    assert.is(status, 404, target);
    assert.not.match(body.toString(), /secret|root:/, target);
  }
  assert.is(requestedPath('http://evil.example/x'), undefined, 'absolute form');
  assert.is(requestedPath('*'), undefined);
});

test('only this machine’s own names; another Host is a name that was bound to us', async () => {
  const { port } = server;
  for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, `LOCALHOST:${port}`, `[::1]:${port}`])
    assert.is((await ask('/', { headers: { host } })).status, 200, host);
  for (const host of [
    'evil.example',
    `evil.example:${port}`,
    '127.0.0.1',
    `127.0.0.1:${port + 1}`,
    `127.0.0.1.evil.example:${port}`,
    `127.0.0.1:${port}@evil`,
  ])
    assert.is((await ask('/', { headers: { host } })).status, 403, host);
  const foreign = await ask('/runs.json', {
    headers: { host: `127.0.0.1:${port}`, origin: 'https://evil.example' },
  });
  assert.is(foreign.status, 403);
  assert.is(
    (await ask('/runs.json', { headers: { host: `127.0.0.1:${port}`, origin: `http://127.0.0.1:${port}` } }))
      .status,
    200,
  );
  for (const head of [
    'GET / HTTP/1.0',
    'GET / HTTP/1.1\r\nHost:',
    `GET http://127.0.0.1:${port}/ HTTP/1.1\r\nHost: evil.example`,
  ])
    assert.match(await raw(`${head}\r\nConnection: close\r\n\r\n`), /^HTTP\/1\.1 40[03]/, head);
});

function raw(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(server.port, '127.0.0.1', () => socket.write(text));
    let out = '';
    socket.on('data', (d) => {
      out += d;
    });
    socket.on('close', () => resolve(out));
    socket.on('error', reject);
  });
}

test('only GET and HEAD', async () => {
  for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
    const { status, headers } = await ask('/', { method });
    assert.is(status, 405, method);
    assert.is(headers.allow, 'GET, HEAD');
  }
  const head = await ask('/data/a/table.safetensors', { method: 'HEAD' });
  assert.is(head.status, 200);
  assert.is(head.headers['content-length'], '1000');
  assert.is(head.body.length, 0);
});

test('ranges of bytes', async () => {
  const range = async (text: string) => ask('/data/a/table.safetensors', { headers: { range: text } });
  const part = await range('bytes=10-19');
  assert.is(part.status, 206);
  assert.is(part.headers['content-range'], 'bytes 10-19/1000');
  assert.equal(part.body, BYTES.subarray(10, 20));
  assert.equal((await range('bytes=-5')).body, BYTES.subarray(995));
  assert.equal((await range('bytes=990-5000')).body, BYTES.subarray(990));
  assert.equal((await range('bytes=-5000')).body, BYTES);
  assert.is((await range('bytes=1000-')).status, 416);
  assert.is((await range('bytes=1000-')).headers['content-range'], 'bytes */1000');
  for (const text of [
    'bytes=5-2',
    'bytes=a-b',
    'bytes=',
    'bytes=-',
    'items=0-1',
    'bytes=0-1,4-5',
    `bytes=${'9'.repeat(1000)}-`,
  ])
    assert.is((await range(text)).body.length, 1000, text);
  assert.is((await ask('/data/a/empty.json')).status, 200);
  assert.is(parseRange('bytes=-0', 10), 'unsatisfiable');
});

test('on the loopback interface only', async () => {
  const outer = Object.values(networkInterfaces())
    .flat()
    .find((i) => i && !i.internal && i.family === 'IPv4')?.address;
  if (!outer) return;
  const refused = await new Promise<boolean>((resolve) => {
    const socket = connect({ port: server.port, host: outer, timeout: 3000 });
    socket.on('connect', () => resolve(false));
    socket.on('error', () => resolve(true));
    socket.on('timeout', () => resolve(true));
  });
  assert.ok(refused, `${outer} is not served`);
});

test('a port that is taken: named where it was asked for, the next one where it was not', async () => {
  try {
    await serve(site, server.port);
    assert.unreachable();
  } catch (error) {
    assert.match(
      (error as Error).message,
      `port ${server.port} of 127.0.0.1 is in use; choose another with --port`,
    );
  }
  const first = await serve(site);
  const second = await serve(site);
  assert.ok(second.port > first.port);
  first.close();
  second.close();
});

test.run();

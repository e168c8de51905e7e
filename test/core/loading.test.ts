// The ways in which a .wasm does not arrive, and what is said then.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { InputError, init, UsageError } from '../../src/index.js';
import { breakOff } from '../support/broken-server.js';
import { ROOT } from '../support/paths.js';
import { rejection } from '../support/rejection.js';

const test = suite('core/loading');
const file = (build: string): string => resolve(ROOT, `dist/core/${build}.wasm`);
const wasm = new Uint8Array(readFileSync(file('simd')));
const STAMP = 'curvesae.build';

const server = createServer((request, response) => {
  switch (request.url) {
    case '/simd.wasm': // the MIME type is wrong on purpose
      response.setHeader('content-type', 'text/html').end(wasm);
      break;
    case '/moved.wasm':
      response.writeHead(302, { location: '/simd.wasm' }).end();
      break;
    case '/app.wasm': // a single-page host answers every path with its page
      response.setHeader('content-type', 'application/wasm').end('\ufeff\r\n<!doctype html><title>x</title>');
      break;
    case '/empty.wasm':
      response.end();
      break;
    case '/cut.wasm':
      response.end(wasm.subarray(0, wasm.length >> 1));
      break;
    case '/broken.wasm':
      breakOff(response, wasm.length, wasm.subarray(0, 100));
      break;
    default:
      response.writeHead(404).end('not here');
  }
});
await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
test.after(() => {
  server.closeAllConnections();
  server.close();
});

test('a URL, its text, a promise of a Response: any MIME type, through redirects', async () => {
  for (const source of [
    `${base}/simd.wasm`,
    new URL(`${base}/moved.wasm`),
    fetch(`${base}/simd.wasm`),
    pathToFileURL(file('simd')),
  ]) {
    const engine = await init({ wasm: source });
    assert.is(engine.info().build, 'simd');
    assert.match(engine.info().reason, 'given');
    engine.dispose();
  }
});

test('each way not to be the core has its own message, with the URL', async () => {
  for (const [path, reason] of [
    ['/app.wasm', /returned HTML/],
    ['/missing.wasm', /HTTP 404/],
    ['/empty.wasm', /is empty/],
    ['/cut.wasm', /\d+ bytes that are not a whole WebAssembly module/],
    ['/broken.wasm', /broke off/],
  ] as const) {
    const error = await rejection(init({ wasm: base + path }));
    assert.instance(error, InputError, path);
    assert.ok(error.message.includes(base + path), error.message);
    assert.match(error.message, reason);
  }
  const unreachable = await rejection(init({ wasm: 'http://127.0.0.1:1/simd.wasm' }));
  assert.match(unreachable.message, /127\.0\.0\.1:1\/simd\.wasm: cannot be fetched/);
  assert.match((await rejection(init({ wasm: fetch('http://127.0.0.1:1/') }))).message, /cannot be fetched/);
  assert.match((await rejection(init({ wasm: new URL('file:///no/such.wasm') }))).message, /cannot be read/);
  const used = new Response(wasm);
  await used.arrayBuffer();
  assert.match((await rejection(init({ wasm: used }))).message, /broke off/);
});

test('a path is not taken for a URL', async () => {
  const error = await rejection(init({ wasm: file('simd') }));
  assert.instance(error, UsageError);
  assert.match(error.message, /pathToFileURL/);
  assert.instance(await rejection(init({ wasm: 42 as never })), UsageError);
});

test('bytes are used as they are: nothing is resolved or fetched', async () => {
  const { fetch: original } = globalThis;
  globalThis.fetch = () => {
    throw new Error('fetched');
  };
  try {
    const engine = await init({ wasm: wasm.buffer });
    assert.is(engine.math.exp(0), 1);
  } finally {
    globalThis.fetch = original;
  }
});

test('a core of other kernels is refused by its build id; the build is read from the module', async () => {
  const { buildId } = (await init()).info();
  const text = Buffer.from(wasm).toString('latin1');
  assert.ok(text.endsWith(`${STAMP}${buildId} simd`));
  const other = `${buildId.startsWith('0') ? '1' : '0'}${buildId.slice(1)}`;
  const skewed = new Uint8Array(Buffer.from(text.replace(buildId, other), 'latin1'));
  for (const source of [skewed, new WebAssembly.Module(skewed)]) {
    const error = await rejection(init({ wasm: source }));
    assert.instance(error, InputError);
    assert.match(error.message, `core of build ${other}, but this package has build ${buildId}`);
  }
  const scalar = await init({ wasm: new Uint8Array(readFileSync(file('scalar'))) });
  assert.is(scalar.info().build, 'scalar');
  const mixed = await rejection(init({ wasm, build: 'scalar' }));
  assert.instance(mixed, UsageError);
  assert.match(mixed.message, /given the simd build/);
});

// In a process of its own: what an import needs, nothing puts back.
const stripped = (body: string): string =>
  execFileSync(
    process.execPath,
    [
      '--input-type=module',
      '-e',
      `for (const name of ['WebAssembly', 'fetch', 'Request', 'Response', 'Headers', 'Buffer', 'navigator', 'crypto',
         'performance', 'Worker', 'MessageChannel', 'setImmediate', 'SharedArrayBuffer', 'btoa', 'atob', 'structuredClone'])
         delete globalThis[name];
       delete globalThis.process;
       const curvesae = await import(${JSON.stringify(pathToFileURL(resolve(ROOT, 'dist/src/index.js')).href)});
       ${body}`,
    ],
    { encoding: 'utf8' },
  ).trim();

test('an import needs no window, no process, no fetch, no WebAssembly: servers render pages that use it', () => {
  assert.ok(Number(stripped('console.log(Object.keys(curvesae).length)')) > 40);
});

test('without WebAssembly init() says so', () => {
  const message = stripped('await curvesae.init().catch((e) => console.log(e.name, e.message))');
  assert.match(message, /^UnsupportedError this runtime has no WebAssembly/);
});

test.run();

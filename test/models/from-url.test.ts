import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { encodeModel } from '../../models/convert.js';
import { InputError, loadModelFromUrl, type ModelUrlOptions, UsageError } from '../../src/index.js';
import { breakOff, inPieces, sendEndlessly } from '../support/broken-server.js';
import { heModel } from '../support/he.js';
import { rejection } from '../support/rejection.js';

const test = suite('network/from-url');
const weights = encodeModel(heModel('googlenet'));
const hex = Buffer.from(await crypto.subtle.digest('SHA-256', new Uint8Array(weights))).toString('hex');

const asked: string[] = [];
const server = createServer((request, response) => {
  switch (request.url) {
    case '/models/random%20weights.safetensors':
      response.end(weights);
      break;
    case '/moved':
      response.writeHead(302, { location: '/models/random%20weights.safetensors' }).end();
      break;
    case '/loop':
      response.writeHead(302, { location: '/loop' }).end();
      break;
    case '/short':
      breakOff(response, weights.length, weights.subarray(0, 1000));
      break;
    case '/pieces': // the whole file in four connections
      asked.push(request.headers.range ?? 'all');
      inPieces(request, response, weights, Math.ceil(weights.length / 4));
      break;
    case '/smaller-pieces':
      inPieces(request, response, weights, Math.ceil(weights.length / 5));
      break;
    case '/changing':
      inPieces(request, response, weights, Math.ceil(weights.length / 4), (from) => `"${from}"`);
      break;
    case '/cut': // whole as HTTP, half as a file
      response.end(weights.subarray(0, weights.length / 2));
      break;
    case '/stalls':
      response.writeHead(200, { 'content-length': String(weights.length) });
      response.write(weights.subarray(0, 1000));
      break;
    case '/silent':
      break;
    case '/page': // what single-page hosts answer for any path, with status 200
      response.writeHead(200, { 'content-type': 'application/octet-stream' });
      response.end('\ufeff\n <!DOCTYPE html><title>app</title>');
      break;
    case '/empty':
      response.end();
      break;
    case '/endless':
      sendEndlessly(response);
      break;
    default:
      response.writeHead(404).end('<h1>not here</h1>');
  }
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
test.after(() => {
  server.closeAllConnections();
  server.close();
});

const refused = async (path: string, options: ModelUrlOptions = {}): Promise<string> => {
  const error = await rejection(loadModelFromUrl(new URL(path, base), options));
  assert.instance(error, InputError, String(error));
  assert.ok(error.message.includes(path), error.message);
  assert.not.match(error.message, '\n');
  return error.message;
};

test('a model is loaded, named after its file, with its digest, through a redirect', async () => {
  let seen = 0;
  const model = await loadModelFromUrl(`${base}/models/random%20weights.safetensors`, {
    sha256: hex.toUpperCase(),
    onProgress: (bytes, total) => {
      assert.is(total, weights.length);
      seen = bytes;
    },
  });
  assert.is(model.name, 'random weights');
  assert.is(model.sha256, hex);
  assert.is(model.lastTap, 'softmax');
  assert.is(seen, weights.length);
  const moved = await loadModelFromUrl(`${base}/moved`, { name: 'mine', architecture: 'googlenet' });
  assert.is(moved.name, 'mine');
});

test('what is no such model is refused with URL and reason', async () => {
  assert.match(
    await refused('/models/random%20weights.safetensors', { sha256: '0'.repeat(64) }),
    /sha256 is/,
  );
  assert.match(await refused('/models/random%20weights.safetensors', { maxBytes: 1000 }), /limit of 1000/);
  assert.match(await refused('/endless', { maxBytes: 1 << 20 }), /sends more than the limit/);
  assert.match(await refused('/short'), /broke off after \d+ bytes/);
  assert.match(await refused('/cut'), /ends|beyond|truncated|outside/i);
  assert.match(await refused('/stalls', { stallMs: 100 }), /no data for 0\.1 s after 1000 bytes/);
  assert.match(await refused('/silent', { stallMs: 100 }), /no answer for 0\.1 s/);
  assert.match(await refused('/page'), /returned HTML/);
  assert.match(await refused('/empty'), /is empty/);
  assert.match(await refused('/missing'), /HTTP 404/);
  assert.match(await refused('/loop'), /cannot be reached/);
  const other = loadModelFromUrl(`${base}/moved`, { architecture: 'inceptionv1' });
  assert.match((await rejection(other)).message, /weights of googlenet, not of inceptionv1/);
});

test('what breaks off is gone on with from where it was, three times; another file is not', async () => {
  const { sha256 } = await loadModelFromUrl(`${base}/pieces`, { sha256: hex });
  assert.is(sha256, hex);
  const step = Math.ceil(weights.length / 4);
  assert.equal(asked, ['all', ...[1, 2, 3].map((n) => `bytes=${n * step}-`)]);
  assert.match(await refused('/smaller-pieces'), /broke off after \d+ bytes \(/);
  assert.match(await refused('/changing'), /changed on the server while it was read/);
});

test('an abort ends it with its own reason, before and while reading', async () => {
  const reason = new Error('enough');
  const before = loadModelFromUrl(`${base}/endless`, { signal: AbortSignal.abort(reason) });
  assert.is(await rejection(before), reason);
  const stop = new AbortController();
  const during = loadModelFromUrl(`${base}/endless`, {
    signal: stop.signal,
    onProgress: () => stop.abort(reason),
  });
  assert.is(await rejection(during), reason);
});

test('addresses that could be changed on the way, or are none, are refused before anything is sent', async () => {
  for (const [url, options, reason] of [
    ['http://example.org/m.safetensors', {}, /https, or give the file's sha256/],
    ['file:///m.safetensors', {}, /only https/],
    ['models/m.safetensors', {}, /no URL/],
    ['https://example.org/m', { sha256: 'abc' }, /64 hex digits/],
  ] as [string, ModelUrlOptions, RegExp][]) {
    const error = await rejection(loadModelFromUrl(url, options));
    assert.instance(error, UsageError, url);
    assert.match(error.message, reason);
  }
});

test.run();

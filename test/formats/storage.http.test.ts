// A folder on a web server: what is there, what is not, and what only looks as if it were.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { httpStorage } from '../../src/formats/storage.http.js';
import { InputError, UnsupportedError } from '../../src/index.js';
import { rejection } from '../support/rejection.js';

const test = suite('formats/storage.http');
const asked: string[] = [];
const server = createServer(({ url }, response) => {
  asked.push(url!);
  if (url === '/a/cfg.json') response.end('{"k": 3}');
  else if (url === '/a/in%20ner/x') response.end('inner');
  else if (url === '/a/page.json') response.end('<!doctype html><p>an app');
  else if (url === '/a/broken') response.writeHead(500).end();
  else response.writeHead(404).end();
});
await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
test.after(() => void server.close());
const storage = httpStorage(`http://127.0.0.1:${(server.address() as AddressInfo).port}/a`, {
  maxBytes: 100,
});
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

test('files are read, each fetched once; folders in it are other folders', async () => {
  assert.is(await storage.size('cfg.json'), 8);
  assert.is(text(await storage.read('cfg.json')), '{"k": 3}');
  assert.is(text(await storage.readRange('cfg.json', 1, 3)), '"k"');
  assert.is(asked.filter((url) => url === '/a/cfg.json').length, 1);
  assert.is(text(await storage.sub('in ner').read('x')), 'inner');
  assert.instance(await rejection(storage.readRange('cfg.json', 6, 9)), InputError);
});

test('what is not there, or answered with a page, is no file; a server that fails says so', async () => {
  assert.is(await storage.size('other'), undefined);
  assert.is(await storage.size('page.json'), undefined);
  assert.match((await rejection(storage.read('other'))).message, /\/a\/other: is not there/);
  assert.match((await rejection(storage.size('broken'))).message, /broken: HTTP 500/);
});

test('it cannot be written to, nor read over a way where it could be changed', async () => {
  assert.instance(await rejection(storage.write('x', 'y')), UnsupportedError);
  assert.throws(() => httpStorage('http://example.org/sae', { maxBytes: 100 }), /use https/);
});

test.run();

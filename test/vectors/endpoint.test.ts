// Vectors from an OpenAI-compatible service: order, batches, back-off, and one clear line for every wrong answer.
import { inspect } from 'node:util';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { InterruptedError } from '../../src/core/errors.js';
import { serviceUrl } from '../../src/formats/service.js';
import { EmbeddingEndpoint, type EndpointOptions } from '../../src/vectors/endpoint.js';
import { breakOff } from '../support/broken-server.js';
import {
  type FakeOptions,
  type FakeService,
  fakeService,
  json,
  vectorOf,
} from '../support/embedding-server.js';
import { rejection } from '../support/rejection.js';

const test = suite('vectors/endpoint');
const services: FakeService[] = [];
test.after(() => {
  for (const service of services) service.close();
});

const texts = Array.from({ length: 23 }, (_, i) => `text ${i}`);
const D = 8;

/** The service, a client of it whose waits pass at once, and the waits. */
async function served(fake: FakeOptions, options: EndpointOptions = {}) {
  const service = await fakeService({ d: D, ...fake });
  services.push(service);
  const waits: number[] = [];
  const endpoint = new EmbeddingEndpoint(service.url, 'model', {
    batch: 4,
    wait: async (ms) => {
      waits.push(Math.round(ms));
    },
    ...options,
  });
  return { service, endpoint, waits };
}

const expected = (): number[] => texts.flatMap((t) => vectorOf(t, D));

test('vectors come in the order of the texts, whatever the batches and their number at once', async () => {
  for (const [batch, concurrency] of [
    [4, 3],
    [64, 1],
    [1, 8],
  ]) {
    const { service, endpoint } = await served({}, { batch, concurrency });
    const seen: number[] = [];
    const { d, data, tokens } = await endpoint.embed(texts, { onProgress: (n) => seen.push(n) });
    assert.is(d, D);
    assert.equal([...data], expected());
    assert.is(tokens, texts.length);
    assert.is(service.asked.length, Math.ceil(texts.length / batch));
    assert.is(seen.at(-1), texts.length);
    assert.is(service.asked[0].body.model, 'model');
  }
});

test('numbers as text are read as well, and a service that refuses base64 is asked without it', async () => {
  const { service, endpoint } = await served({
    misbehave: (response, _n, { body }) =>
      body.encoding_format !== undefined &&
      json(response, 422, { error: { message: 'encoding_format is not known' } }),
  });
  assert.equal([...(await endpoint.embed(texts)).data], expected());
  assert.is(service.asked.length, 7, 'one refused, then six');
});

test('429 and 5xx are tried again, after Retry-After where it says so', async () => {
  const { endpoint, waits } = await served(
    {
      misbehave: (response, n) =>
        n < 3 && json(response, [503, 429, 500][n], {}, n === 1 ? { 'retry-after': '7' } : {}),
    },
    { concurrency: 1 },
  );
  assert.equal([...(await endpoint.embed(texts)).data], expected());
  assert.ok(waits[0] > 400 && waits[0] <= 500, `${waits}`);
  assert.ok(
    waits.some((ms) => ms > 6500 && ms <= 7000),
    `${waits}`,
  );
});

const faults: { name: string; fake: FakeOptions; says: RegExp; requests: number }[] = [
  {
    name: 'always 500',
    fake: { misbehave: (r) => json(r, 500, {}) },
    says: /HTTP 500, 3 times; .*repeat the command/,
    requests: 3,
  },
  {
    name: 'asked to wait a day',
    fake: { misbehave: (r) => json(r, 429, {}, { 'retry-after': '86400' }) },
    says: /HTTP 429, and asks to wait 86400 s/,
    requests: 1,
  },
  { name: '401', fake: { key: 'other' }, says: /HTTP 401: it does not take the key in MY_KEY$/, requests: 1 },
  {
    name: 'HTML',
    fake: { misbehave: (r) => r.end('<!doctype html><p>Welcome') },
    says: /answered HTML .*check the address/,
    requests: 1,
  },
  {
    name: 'an answer that breaks off',
    fake: { misbehave: (r) => breakOff(r, 1000, Buffer.from('{"data": [')) },
    says: /broke off .*3 times/,
    requests: 3,
  },
  {
    name: 'an answer cut short',
    fake: { misbehave: (r) => r.end('{"data": [{"index": 0, "embe') },
    says: /28 bytes that is cut short or not JSON, 3 times/,
    requests: 3,
  },
  {
    name: 'half of the vectors',
    fake: {
      misbehave: (r, _n, { body }) =>
        json(r, 200, { data: body.input.slice(2).map((t: string) => ({ embedding: vectorOf(t, D) })) }),
    },
    says: /answered 2 vectors for 4 texts/,
    requests: 1,
  },
  {
    name: 'one vector twice',
    fake: {
      misbehave: (r, _n, { body }) =>
        json(r, 200, { data: body.input.map((t: string) => ({ index: 0, embedding: vectorOf(t, D) })) }),
    },
    says: /answered index 0 for 4 texts, or twice/,
    requests: 1,
  },
  {
    name: 'another dimension later on',
    fake: {
      misbehave: (r, n, { body }) =>
        n > 0 && json(r, 200, { data: body.input.map((t: string) => ({ embedding: vectorOf(t, 5) })) }),
    },
    says: /a vector of 5 dimensions where 8 are expected/,
    requests: 2,
  },
  {
    name: 'NaN',
    fake: {
      misbehave: (r, _n, { body }) =>
        json(r, 200, { data: body.input.map(() => ({ embedding: [1, null] })) }),
    },
    says: /answer 0 holds no vector of numbers/,
    requests: 1,
  },
  {
    name: 'something else',
    fake: { misbehave: (r) => json(r, 200, { hello: 1 }) },
    says: /no list 'data'/,
    requests: 1,
  },
  {
    name: 'another 4xx, the key in its text',
    fake: { misbehave: (r) => json(r, 404, { error: { message: 'no model for sk-secret' } }) },
    says: /HTTP 404: no model for \*\*\*$/,
    requests: 1,
  },
  {
    name: 'a redirect',
    fake: {
      misbehave: (r) => r.writeHead(307, { location: 'https://example.com/v1/embeddings' }).end(),
    },
    says: /redirects elsewhere/,
    requests: 1,
  },
];

for (const { name, fake, says, requests } of faults)
  test(`one line for ${name}, without the key`, async () => {
    const { service, endpoint } = await served(fake, {
      attempts: 3,
      concurrency: 1,
      key: 'sk-secret',
      keyVariable: 'MY_KEY',
    });
    const { name: kind, message } = await rejection(endpoint.embed(texts));
    assert.is(kind, 'InputError', message);
    assert.match(message, says);
    assert.not.match(message, /\n|sk-secret/);
    assert.ok(message.startsWith(service.url), message);
    assert.is(service.asked.length, requests);
    assert.is(service.asked[0].authorization, 'Bearer sk-secret');
  });

test('nobody there', async () => {
  const service = await fakeService();
  service.close();
  const endpoint = new EmbeddingEndpoint(service.url, 'm', { attempts: 2, wait: async () => {} });
  assert.match((await rejection(endpoint.embed(['a']))).message, /cannot be reached.*2 times/);
});

test('an abort ends a request that is on its way, with the reason', async () => {
  const stop = new AbortController();
  const { endpoint } = await served({
    misbehave: () => {
      stop.abort(new InterruptedError('interrupted'));
      return true; // never answered
    },
  });
  assert.is((await rejection(endpoint.embed(texts, { signal: stop.signal }))).name, 'InterruptedError');
});

test('long texts travel in smaller requests', async () => {
  const { service, endpoint } = await served({}, { batch: 64 });
  await endpoint.embed(Array.from({ length: 10 }, (_, i) => `${i}`.repeat(100_000)));
  assert.equal(service.asked.map((a) => a.body.input.length).sort(), [2, 4, 4]);
});

test('addresses: the root, /v1 or the whole; https, or http to this machine only', () => {
  for (const [given, whole] of [
    ['http://localhost:81', 'http://localhost:81/v1/embeddings'],
    ['http://127.0.0.1:81/v1/', 'http://127.0.0.1:81/v1/embeddings'],
    ['https://h.example/openai/v1/embeddings', 'https://h.example/openai/v1/embeddings'],
    ['https://h.example/v1?api-version=2', 'https://h.example/v1/embeddings?api-version=2'],
  ])
    assert.is(serviceUrl(given, 'embeddings').href, whole);
  for (const bad of [
    'ftp://x/v1',
    'http://h.example/v1',
    'https://me:key@h.example/v1',
    'v1',
    'http://127.0.0.1.evil.example/v1',
  ])
    assert.throws(
      () => serviceUrl(bad, 'embeddings'),
      (e: Error) => e.name === 'UsageError' && !/me:key/.test(e.message),
      bad,
    );
});

test('an object that is printed does not show the key', () => {
  const endpoint = new EmbeddingEndpoint('http://localhost:81', 'm', { key: 'sk-secret' });
  assert.not.match(inspect(endpoint, { depth: 9, showHidden: true }) + JSON.stringify(endpoint), /sk-secret/);
});

test.run();

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { zipSync } from 'fflate';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { encodeModel } from '../../models/convert.js';
import { PUBLIC_GPT2, type PublicWeights } from '../../models/public-weights.js';
import { pullFile, pullWeights } from '../../models/pull.js';
import { parseSafetensors } from '../../src/formats/safetensors.js';
import { modelFromTensors } from '../../src/index.js';
import { breakOff, sendEndlessly } from '../support/broken-server.js';
import { heModel } from '../support/he.js';
import { rejection } from '../support/rejection.js';

const test = suite('network/pull');
const weights = encodeModel(heModel('inceptionv1'));
const NAMES = 'imagenet_comp_graph_label_strings.txt';
const zip = zipSync(
  {
    'tensorflow_inception_graph.pb': weights,
    [NAMES]: new TextEncoder().encode('dummy\nkit fox\n'),
    LICENSE: new Uint8Array(3),
  },
  { level: 0 },
);

/** A server on this machine with one answer per path. */
const server = createServer((request, response) => {
  switch (request.url) {
    case '/zip':
      response.end(zip);
      break;
    case '/short':
      breakOff(response, zip.length, zip.subarray(0, 1000));
      break;
    case '/html':
      response.end('<!doctype html><p>moved</p>');
      break;
    case '/endless':
      sendEndlessly(response);
      break;
    default:
      response.writeHead(404).end();
  }
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
test.after(() => {
  server.closeAllConnections();
  server.close();
});

const digest = async (bytes: Uint8Array): Promise<string> =>
  Buffer.from(await crypto.subtle.digest('SHA-256', new Uint8Array(bytes))).toString('hex');
const hex = await digest(zip);
const source = (path: string, changes: Partial<PublicWeights> = {}): PublicWeights => ({
  url: base + path,
  digest: { algorithm: 'SHA-256', hex },
  maxBytes: 64 << 20,
  member: 'tensorflow_inception_graph.pb',
  licence: 'test',
  ...changes,
});

async function refusal(s: PublicWeights): Promise<string> {
  try {
    await pullWeights('inceptionv1', s);
  } catch (error) {
    assert.is((error as { exitCode: number }).exitCode, 3, String(error));
    return (error as Error).message;
  }
  throw new Error('accepted');
}

test('the published file becomes a model', async () => {
  const pulled = await pullWeights('inceptionv1', source('/zip'));
  assert.is(pulled.classes, undefined);
  const { tensors } = parseSafetensors(pulled.weights, 'pulled');
  const model = modelFromTensors(tensors, { name: 'x', sha256: '' });
  assert.is(model.description.architecture, 'inceptionv1');
  assert.is(model.lastTap, 'softmax');
});

test('the names of its classes come with it; outputs without one have their number', async () => {
  const { classes } = await pullWeights('inceptionv1', source('/zip', { classes: NAMES }));
  assert.equal(classes!.slice(0, 3), ['dummy', 'kit fox', 'class 2']);
  assert.is(classes!.length, 1008);
});

test("GPT-2's files are kept as they are published, or refused with where to put them", async () => {
  const file = { url: `${base}/zip`, hex, maxBytes: 64 << 20, keep: 'gpt2.safetensors' };
  assert.equal(await pullFile(file), new Uint8Array(zip));
  const says = async (changes: Partial<typeof file>) =>
    (await rejection(pullFile({ ...file, ...changes }))).message;
  assert.match(await says({ hex: '00' }), /SHA-256 is .*published is 00; not kept/);
  assert.match(
    await says({ url: 'http://127.0.0.1:1/x' }),
    /cannot be reached.*cache folder \(CURVESAE_CACHE\) as gpt2\.safetensors/,
  );
  assert.equal(
    PUBLIC_GPT2.files.map(({ keep }) => keep),
    ['gpt2.tokenizer.json', 'gpt2.safetensors'],
  );
});

test('anything else is refused with the reason', async () => {
  assert.match(
    await refusal(source('/zip', { digest: { algorithm: 'SHA-256', hex: '00' } })),
    /SHA-256 is .*published is 00/,
  );
  assert.match(await refusal(source('/zip', { maxBytes: 1000 })), /more than the limit of 1000/);
  assert.match(await refusal(source('/endless', { maxBytes: 1 << 20 })), /more than the limit/);
  assert.match(await refusal(source('/short')), /broke off/);
  assert.match(await refusal(source('/html')), /HTML/);
  assert.match(await refusal(source('/missing')), /HTTP 404/);
  assert.match(await refusal(source('/zip', { member: 'other.pb' })), /holds no other\.pb/);
  assert.match(await refusal(source('/zip', { url: 'http://127.0.0.1:1/x' })), /cannot be reached/);
});

test.run();

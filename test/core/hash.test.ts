import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { sha256 } from '../../src/core/hash.js';

const test = suite('core/hash');

const byWebCrypto = async (data: Uint8Array<ArrayBuffer>) =>
  Buffer.from(await crypto.subtle.digest('SHA-256', data)).toString('hex');

test('the digest of Web Crypto, where Node makes it in pieces too', async () => {
  assert.is(await sha256('abc'), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  const large = new Uint8Array(64 * 2 ** 20 + 5).map((_, i) => i);
  for (const data of [new Uint8Array(0), large.subarray(3, 1000), large])
    assert.is(await sha256(data), await byWebCrypto(data));
});

test('without Node it is Web Crypto that makes it', async () => {
  const { process } = globalThis;
  try {
    Object.assign(globalThis, { process: undefined });
    assert.is(await sha256('abc'), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  } finally {
    Object.assign(globalThis, { process });
  }
});

test.run();

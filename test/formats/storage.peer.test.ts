import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Peer } from '../../src/core/peer.js';
import type { Storage } from '../../src/formats/storage.js';
import { PeerStorages, storageAnswers } from '../../src/formats/storage.peer.js';
import { InputError } from '../../src/index.js';
import { memoryStorage } from '../support/memory-storage.js';
import { rejection } from '../support/rejection.js';

const test = suite('formats/storage.peer');

async function across(folders: Storage[], use: (storages: PeerStorages) => Promise<void>): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  const owner: Peer = new Peer(
    port1,
    storageAnswers(() => owner, folders),
  );
  const storages: PeerStorages = new PeerStorages(() => peer);
  const peer: Peer = new Peer(port2, storages.answers);
  try {
    await use(storages);
  } finally {
    owner.close();
    peer.close();
  }
}

const bytes = (...v: number[]) => Uint8Array.from(v);

test('a folder of another thread does what a folder does', async () => {
  const own = [memoryStorage(), memoryStorage()];
  await across(own, async (storages) => {
    const first = storages.open(0, 'a');
    const second = storages.open(1, 'b').sub('c');
    assert.is(second.label, 'b/c');
    await first.write('x', bytes(1, 2, 3));
    await second.write('y', 'text');
    assert.equal(await own[0].read('x'), bytes(1, 2, 3));
    assert.equal(await first.readRange('x', 1, 2), bytes(2, 3));
    assert.is(await second.size('y'), 4);
    assert.is(await second.size('x'), undefined);
    assert.equal(await own[1].sub('c').list(), ['y']);
    await second.remove('y');
    assert.equal(await second.list(), []);
    assert.instance(await rejection(first.read('gone')), InputError);
  });
});

test('content goes over piece by piece, again where it is asked for again, and its errors stop the write', async () => {
  const own = memoryStorage();
  const twice: Storage = {
    ...own,
    write: async (name, data) => {
      for await (const _ of (data as { pieces(): AsyncIterable<Uint8Array> }).pieces());
      await own.write(name, data);
    },
  };
  await across([twice], async (storages) => {
    const storage = storages.open(0, 'a');
    let made = 0;
    await storage.write('x', {
      size: 4,
      *pieces() {
        made++;
        yield bytes(1, 2);
        yield bytes(3, 4);
      },
    });
    assert.is(made, 2);
    assert.equal(await own.read('x'), bytes(1, 2, 3, 4));
    const failed = await rejection(
      storage.write('y', {
        size: 4,
        *pieces() {
          yield bytes(1);
          throw new InputError('row 7 is not finite');
        },
      }),
    );
    assert.instance(failed, InputError);
    assert.is(failed.message, 'row 7 is not finite');
    assert.is(await own.size('y'), undefined);
  });
});

test('a lock is held where the folder is, until it is given back', async () => {
  let locked = 0;
  const own: Storage = {
    ...memoryStorage(),
    lock: async () => {
      locked++;
      return async () => void locked--;
    },
  };
  await across([own], async (storages) => {
    const release = await storages.open(0, 'a').lock();
    assert.is(locked, 1);
    await release();
    assert.is(locked, 0);
  });
});

test.run();

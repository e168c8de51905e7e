import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Peer } from '../../src/core/peer.js';
import { InputError } from '../../src/index.js';
import { rejection } from '../support/rejection.js';

const test = suite('core/peer');

test('each side answers the other by name, in any order', async () => {
  const { port1, port2 } = new MessageChannel();
  const late: (() => void)[] = [];
  const here = new Peer(port1, { double: (x: number) => 2 * x });
  const there: Peer = new Peer(port2, {
    twice: async (x: number) => here !== undefined && (await there.call<number>('double', x)),
    wait: (x: number) => new Promise((resolve) => late.push(() => resolve(x))),
    flush: () =>
      late
        .splice(0)
        .reverse()
        .map((go) => go()).length,
  });
  assert.is(await here.call('twice', 21), 42);
  const waiting = [here.call('wait', 1), here.call('wait', 2)];
  assert.is(await here.call('flush'), 2);
  assert.equal(await Promise.all(waiting), [1, 2]);
  here.close();
  there.close();
});

test('an error keeps its class and its words; an unknown call and an ended thread are errors', async () => {
  const { port1, port2 } = new MessageChannel();
  const here = new Peer(port1, {});
  const there = new Peer(port2, {
    fail: () => {
      throw new InputError('no such row');
    },
    never: () => new Promise(() => {}),
  });
  const failed = await rejection(here.call('fail'));
  assert.instance(failed, InputError);
  assert.is(failed.message, 'no such row');
  assert.match((await rejection(here.call('constructor'))).message, "no call is named 'constructor'");
  const never = here.call('never');
  here.close();
  assert.match((await rejection(never)).message, 'has ended');
  there.close();
});

test.run();

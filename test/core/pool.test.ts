import { getEventListeners } from 'node:events';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Pool, type WorkerLike } from '../../src/core/pool.js';
import { filled } from '../support/filled.js';
import { rejection } from '../support/rejection.js';
import { turns, until } from '../support/until.js';

const test = suite('core/pool');
const local = async (_name: string, payload: unknown) => ({ value: (payload as number) * 2 });
const never = (): WorkerLike => {
  throw new Error('no worker should start');
};
const ITEMS = Array.from({ length: 20 }, (_, i) => i);
const DOUBLED = ITEMS.map((i) => 2 * i);

type Answer = (
  m: { id: number; payload: number },
  post: (m: unknown) => void,
  end: (e: Error) => void,
) => void;

/** A worker on this thread whose behaviour is a function. */
function fake(answer: Answer) {
  let alive = 0;
  const spawn = (): WorkerLike => {
    alive++;
    let onMessage: (m: unknown) => void = () => {};
    let onEnd: (e: Error) => void = () => {};
    return {
      post: (m) =>
        answer(
          m as never,
          (r) => onMessage(r),
          (e) => onEnd(e),
        ),
      onMessage: (listener) => {
        onMessage = listener;
      },
      onEnd: (listener) => {
        onEnd = listener;
      },
      terminate: () => {
        alive--;
      },
    };
  };
  return { spawn, alive: () => alive };
}

async function doubled(pool: Pool): Promise<number[]> {
  const out: number[] = [];
  await pool.mapOrdered<number, number>(
    ITEMS,
    (payload) => ({ name: 'double', payload }),
    (result) => {
      out.push(result);
    },
  );
  return out;
}

test('results arrive in order though workers answer late, out of order and twice', async () => {
  const { spawn, alive } = fake(async ({ id, payload }, post) => {
    await turns((payload * 7) % 5);
    post({ id, value: payload * 2 });
    post({ id, value: -1 });
  });
  const pool = new Pool({ workers: 3, spawn, local });
  assert.equal(await doubled(pool), DOUBLED);
  assert.is(alive(), 3);
  pool.dispose();
  assert.is(alive(), 0);
});

test('warm: all workers start at once, and take the tasks that come', async () => {
  const { spawn, alive } = fake(({ id, payload }, post) => post({ id, value: payload * 2 }));
  const pool = new Pool({ workers: 3, spawn, local });
  pool.warm();
  assert.is(alive(), 3);
  pool.warm();
  assert.is(alive(), 3, 'those that run are enough');
  assert.equal(await doubled(pool), DOUBLED);
  assert.is(alive(), 3);
  pool.dispose();
  new Pool({ workers: 1, spawn: never, local }).warm();
  const warnings: string[] = [];
  const without = new Pool({ workers: 2, spawn: never, local, warn: (message) => warnings.push(message) });
  without.warm();
  assert.is(warnings.length, 1);
  assert.equal(await doubled(without), DOUBLED);
});

test('without workers everything runs here', async () => {
  assert.equal(await doubled(new Pool({ workers: 1, spawn: never, local })), DOUBLED);
});

test('workers that cannot start: one warning with the reason, same results', async () => {
  const warnings: string[] = [];
  const pool = new Pool({ workers: 4, spawn: never, local, warn: (m) => warnings.push(m) });
  assert.equal(await doubled(pool), DOUBLED);
  assert.is(warnings.length, 1);
  assert.match(warnings[0], 'no worker should start');
});

test('workers whose script never runs: the tasks are still here, and run here', async () => {
  let spawned = 0;
  const spawn = (): WorkerLike => {
    spawned++;
    return {
      ready: turns(spawned).then(() => {
        throw new Error('404');
      }),
      post: () => assert.unreachable('a task went to a worker that does not run'),
      onMessage: () => {},
      onEnd: () => {},
      terminate: () => {},
    };
  };
  const warnings: string[] = [];
  const pool = new Pool({ workers: 3, spawn, local, warn: (m) => warnings.push(m) });
  assert.equal(await doubled(pool), DOUBLED);
  assert.is(warnings.length, 1);
  assert.match(warnings[0], '(404)');
  assert.ok(spawned <= 3, `${spawned} workers were tried`);
  assert.is(pool.width, 1);
});

test('some workers run, others never: those that do carry on', async () => {
  const { spawn } = fake(({ id, payload }, post) => queueMicrotask(() => post({ id, value: payload * 2 })));
  let spawned = 0;
  const some = (): WorkerLike => {
    const failing = spawned++ > 0;
    return {
      ...spawn(),
      ready: turns(5).then(() => (failing ? Promise.reject(new Error('no more')) : undefined)),
    };
  };
  const pool = new Pool({
    workers: 4,
    spawn: some,
    local: () => Promise.reject(new Error('on this thread')),
  });
  assert.equal(await doubled(pool), DOUBLED);
  await until(() => pool.width === 1);
  assert.is(spawned, 4);
  assert.equal(await doubled(pool), DOUBLED);
});

test('a task that throws rejects with the cause and the pool goes on', async () => {
  const { spawn } = fake(({ id, payload }, post) => {
    queueMicrotask(() =>
      post(payload === 3 ? { id, error: new Error('bad three') } : { id, value: payload * 2 }),
    );
  });
  const pool = new Pool({ workers: 2, spawn, local });
  assert.match((await rejection(doubled(pool))).message, 'bad three');
  assert.is(await pool.run('double', 5), 10);
});

test('a worker that dies rejects its task only; a new one takes over', async () => {
  let deaths = 0;
  const { spawn } = fake(({ id, payload }, post, end) => {
    queueMicrotask(() => {
      if (payload === 4 && deaths++ === 0) end(new Error('killed'));
      else post({ id, value: payload * 2 });
    });
  });
  const pool = new Pool({ workers: 2, spawn, local });
  const settled = await Promise.allSettled(ITEMS.map((i) => pool.run<number>('double', i)));
  assert.is(settled.filter((s) => s.status === 'rejected').length, 1);
  assert.match(String((settled[4] as PromiseRejectedResult).reason), 'killed');
  assert.is(await pool.run('double', 4), 8);
});

test('aborted while workers hang: the reason at once, their workers end, others take over', async () => {
  let started = 0;
  const { spawn, alive } = fake(({ id, payload }, post) => {
    started++;
    if (payload < 3) queueMicrotask(() => post({ id, value: payload * 2 }));
    // The others never answer.
  });
  const pool = new Pool({ workers: 2, spawn, local });
  const stop = new AbortController();
  const got: number[] = [];
  const work = pool.mapOrdered<number, number>(
    ITEMS,
    (payload) => ({ name: 'double', payload }),
    (result) => {
      got.push(result);
    },
    { signal: stop.signal },
  );
  await until(() => started === 5); // three answers, and two that hang
  const reason = new Error('stopped');
  stop.abort(reason);
  assert.is(await rejection(work), reason);
  assert.equal(got, [0, 2, 4]);
  assert.is(alive(), 0, 'those that hang are ended');
  assert.is(await pool.run('double', 2), 4);
  assert.is(alive(), 1);
  const [free, hangs] = [pool.run('double', 1), pool.run('double', 9)];
  assert.is(await free, 2);
  pool.dispose();
  assert.match((await rejection(hangs)).message, 'disposed');
  assert.is(alive(), 0);
});

test('a signal of many tasks has one listener, and none when they are over', async () => {
  const { spawn } = fake(({ id, payload }, post) => queueMicrotask(() => post({ id, value: payload * 2 })));
  const pool = new Pool({ workers: 16, spawn, local });
  const { signal } = new AbortController();
  const work = ITEMS.map((i) => pool.run<number>('double', i, [], signal));
  assert.is(getEventListeners(signal, 'abort').length, 1);
  assert.equal(await Promise.all(work), DOUBLED);
  assert.is(getEventListeners(signal, 'abort').length, 0);
  const reason = new Error('before');
  assert.is(await rejection(pool.run('double', 1, [], AbortSignal.abort(reason))), reason);
  pool.dispose();
});

test('dispose ends every worker, also where one tells of its end at once (Deno)', async () => {
  let alive = 0;
  const spawn = (): WorkerLike => {
    alive++;
    let onEnd: (e: Error) => void = () => {};
    return {
      post: () => {},
      onMessage: () => {},
      onEnd: (listener) => {
        onEnd = listener;
      },
      terminate: () => {
        alive--;
        onEnd(new Error('exit code 1'));
      },
    };
  };
  const pool = new Pool({ workers: 3, spawn, local });
  const results = ITEMS.map((i) => rejection(pool.run('double', i)));
  assert.is(alive, 3);
  pool.dispose();
  assert.is(alive, 0);
  for (const { message } of filled(await Promise.all(results)))
    assert.is(message, 'the worker pool was disposed');
});

test('dispose rejects what is queued and what runs', async () => {
  const pool = new Pool({ workers: 2, spawn: fake(() => {}).spawn, local });
  const runs = Promise.allSettled([1, 2, 3, 4].map((i) => pool.run('double', i)));
  pool.dispose();
  assert.ok(filled(await runs).every((s) => s.status === 'rejected'));
});

test('an aborted signal stops the map', async () => {
  const controller = new AbortController();
  const pool = new Pool({ workers: 1, spawn: never, local });
  let seen = 0;
  const map = pool.mapOrdered(
    ITEMS,
    (payload) => ({ name: 'double', payload }),
    () => {
      if (++seen === 3) controller.abort(new Error('stop'));
    },
    { signal: controller.signal },
  );
  assert.match((await rejection(map)).message, 'stop');
  assert.ok(seen < 10);
});

test.run();

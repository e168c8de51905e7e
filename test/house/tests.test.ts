// Rules that the tests themselves keep: they mirror the sources, wait for no clock, claim nothing of empty lists.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { filesBelow, parseSource, readSource, type SourceFile } from '../support/house.js';
import { ROOT } from '../support/paths.js';

const test = suite('house/tests');
const files = filesBelow('test', '.ts');

/** Rooms of tests that are no folder of src/, and what they are the tests of. */
const ROOMS: Record<string, string> = {
  models: 'models',
  kernels: 'assembly/kernels',
  bench: 'bench',
  docs: 'docs',
  examples: 'examples',
  portability: 'scripts/portability.mjs',
  house: 'src',
  support: 'test/support',
};

test('each test is in the room of what it tests', () => {
  const rooms = readdirSync(join(ROOT, 'test'), { withFileTypes: true }).filter((f) => f.isDirectory());
  assert.ok(rooms.length > 15, `${rooms.length} rooms`);
  const strays = rooms.filter(
    ({ name }) => name !== 'corpus' && !existsSync(join(ROOT, ROOMS[name] ?? `src/${name}`)),
  );
  assert.equal(
    strays.map(({ name }) => name),
    [],
  );
  const outside = files.filter((f) => f.endsWith('.test.ts') && f.split('/').length < 3);
  assert.equal(outside, ['test/package.test.ts']);
});

/** Where a clock is read all the same. */
const CLOCKS: Record<string, string> = {
  'test/support/until.ts': 'asks a condition again after a pause; no claim rests on how long it is',
  'test/support/explorer.ts': "a timer set after the page's own fires after them: an order, not a time",
};

/** Clocks and pauses that a file names. */
function clocks({ globals, members, imports }: SourceFile): string[] {
  return [
    ...['setTimeout', 'setInterval', 'performance'].filter((name) => globals.has(name)),
    ...(globals.has('Date') && members.has('now') ? ['Date.now'] : []),
    ...(members.has('waitForTimeout') ? ['waitForTimeout'] : []),
    ...imports.filter((i) => /^(node:)?timers/.test(i)),
  ];
}

test('no test reads a clock or sleeps', () => {
  assert.ok(files.length > 150, `${files.length} files`);
  const found = files
    .filter((f) => !CLOCKS[f])
    .flatMap((f) => clocks(readSource(f)).map((clock) => `${f} ${clock}`));
  assert.equal(found, []);
  for (const file of Object.keys(CLOCKS)) assert.ok(clocks(readSource(file)).length, file);
  const sleeping = parseSource(
    'test/x.ts',
    `import 'node:timers/promises'; setTimeout(f, 1); Date.now(); performance.now(); page.waitForTimeout(2);`,
  );
  assert.is(clocks(sleeping).length, 5);
});

test('claims about every item of a list are about lists with items', () => {
  const claims = files.filter((f) => f.endsWith('.test.ts')).flatMap((f) => readSource(f).claims);
  assert.ok(claims.length > 30, `${claims.length} claims`);
  assert.equal(
    claims.filter((c) => !c.filled).map((c) => c.place),
    [],
  );
  const found = parseSource(
    'test/y.ts',
    'assert.ok(list.every(f)); assert.ok(filled(list).every(f)); assert.ok([1].every(f)); list.every(f);' +
      'assert.ok(a.length > 0 && a.every(f));',
  );
  assert.equal(
    found.claims.map((c) => c.filled),
    [false, true, true, true],
  );
});

test.run();

// The house of the sources: which room may import which (types too), and no circles of files.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { circles, parseSource, readSources } from '../support/house.js';

const test = suite('house/imports');

/** What each room may import, beside itself and everything that those rooms may import. */
const TABLE: Record<string, readonly string[]> = {
  assembly: [],
  'src/core': [],
  'src/formats': ['src/core'],
  'src/images': ['src/core', 'src/formats'],
  'src/tokens': ['src/core', 'src/formats'],
  'src/network': ['src/core', 'src/formats'],
  models: ['src/network'],
  'src/vectors': ['src/network', 'src/images', 'src/tokens'],
  'src/sae': ['src/vectors'],
  'src/units': ['src/sae'],
  'src/study': ['src/units'],
  // Runs begin with a network that is named or a file: whoever starts work opens models.
  'src/pipeline': ['src/study', 'models'],
  'src/report': ['src/study', 'src/units'],
  // Pages and report draw the same charts: one geometry, on the same floor.
  'src/explorer': ['src/study', 'src/units', 'src/report', 'models'],
  // The benchmark's own page is drawn with the report's charts.
  'src/bench': ['src/pipeline', 'src/report', 'models'],
  'src/tab': ['src/pipeline', 'models'],
  // One function a command: what command line and library both call.
  'src/api': ['src/bench', 'src/tab', 'src/report', 'src/explorer', 'src/pipeline', 'models'],
  // The entries of the package may import everything below the command line.
  'src/index.ts': ['src/api'],
  'src/node.ts': ['src/api', 'src/index.ts'],
  'src/worker.web.ts': ['src/api'],
  'src/cli': ['src/index.ts', 'src/node.ts'],
  'test/support': ['src/cli'],
  // Peers of the benchmark; naive kernels share the core's arithmetic, checks the tests' twins.
  bench: ['src/cli', 'assembly', 'test/support'],
  test: ['bench'],
};

/** `src/room`, or the entry itself, or the folder at the top. */
function room(path: string): string {
  const [top, next] = path.split('/');
  return top === 'src' || next === 'support' ? `${top}/${next}` : top;
}

function allowed(of: string): Set<string> {
  const all = new Set([of]);
  for (const name of all) for (const next of TABLE[name]) all.add(next);
  return all;
}

const FOLDERS = ['assembly', 'src', 'models', 'bench', 'test'];
const OURS = new RegExp(`^(${FOLDERS.join('|')}|scripts|examples)/`);

test('each file has a room of the table, and each room has files', () => {
  const files = readSources(...FOLDERS);
  const without = files.filter((f) => !TABLE[room(f.path)]).map((f) => f.path);
  assert.equal(without, [], 'files without a row');
  const rooms = new Set(files.map((f) => room(f.path)));
  for (const name of ['assembly', 'src/core', 'src/network', 'models', 'src/sae', 'src/study', 'src/cli'])
    assert.ok(rooms.has(name), name);
});

test('rooms import only what their row allows, types and dynamic imports included', () => {
  const against: string[] = [];
  let checked = 0;
  for (const { path, imports } of readSources(...FOLDERS)) {
    const may = allowed(room(path));
    for (const to of imports.filter((i) => OURS.test(i))) {
      checked++;
      if (!may.has(room(to))) against.push(`${path} -> ${to}`);
    }
  }
  assert.ok(checked > 1000, `${checked} imports`);
  assert.equal(against, []);
});

test('no circle of files', () => {
  const files = readSources(...FOLDERS);
  assert.ok(files.length > 400, `${files.length} files`);
  assert.equal(circles(files), []);
});

test('the table itself has no circle: what a room may import may not import it', () => {
  for (const name of Object.keys(TABLE))
    for (const below of TABLE[name]) assert.not.ok(allowed(below).has(name), `${below} -> ${name}`);
});

test('the parser sees every kind of import, and circles of any length', () => {
  const { imports } = parseSource(
    'src/core/x.ts',
    `import './a.js'; import type { T } from './b.js'; import { type U } from './c.js';
     export { v } from './d.js'; export * from 'pack'; export type * from './e.js';
     type W = import('./f.js').W; const g = await import('node:fs');
     // import './comment.js'
     const text = "import './text.js'";`,
  );
  assert.equal(imports, [
    ...['src/core/a.js', 'src/core/b.js', 'src/core/c.js', 'src/core/d.js', 'pack', 'src/core/e.js'],
    ...['src/core/f.js', 'node:fs'],
  ]);
  const file = (path: string, ...imports: string[]) => ({ path, imports });
  assert.equal(circles([file('a', 'b', 'c'), file('b', 'c'), file('c')]), []);
  assert.equal(circles([file('a', 'b'), file('b', 'c'), file('c', 'b'), file('d', 'd', 'a')]), [
    ['b', 'c'],
    ['d'],
  ]);
  assert.equal(circles([file('a', 'b'), file('b', 'c'), file('c', 'd'), file('d', 'a')]), [
    ['a', 'b', 'c', 'd'],
  ]);
});

test.run();

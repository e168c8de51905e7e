// docs/reliability.md names only tests that exist.
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { filled } from '../support/filled.js';
import { ROOT } from '../support/paths.js';

const test = suite('docs/reliability');
/** The last cells of the tables that end in tests. */
const rows = readFileSync(resolve(ROOT, 'docs/reliability.md'), 'utf8')
  .split('\n\n')
  .filter((block) => / test \|\n/.test(block))
  .flatMap((block) => block.trim().split('\n').slice(2))
  .map((line) => line.split('|').at(-2)!.trim());
const { scripts } = JSON.parse(readFileSync(resolve(ROOT, 'package.json'), 'utf8'));

/** `formats/{npy,zip}` is two. */
const each = (name: string): string[] => {
  const [, before, list, after] = /^(.*)\{(.*)\}(.*)$/.exec(name) ?? [];
  return list ? list.split(',').map((part) => before + part + after) : [name];
};

test('every promise has a test, and every test that is named exists', () => {
  const named = filled(
    rows.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].flatMap(([, name]) => each(name))),
  );
  for (const name of named) {
    const script = /^npm run (\S+)$/.exec(name)?.[1];
    if (script) assert.ok(scripts[script], name);
    else if (name.endsWith('/*')) assert.ok(existsSync(resolve(ROOT, 'test', name.slice(0, -2))), name);
    else assert.ok(existsSync(resolve(ROOT, `test/${name}.test.ts`)), name);
  }
  const silent = rows.filter((cell) => !/`|^the same$/.test(cell));
  assert.equal(silent, []);
});

test.run();

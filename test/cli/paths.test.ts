import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parse } from '../../src/cli/flags.js';
import { splitPaths } from '../../src/cli/paths.js';
import { temporaryFolder } from '../support/cli.js';

const test = suite('cli/paths');
const FLAGS = {
  images: { kind: 'list', value: 'DIR', help: 'pictures', paths: true },
  taps: { kind: 'list', value: 'TAP', help: 'taps' },
} as const;

test('commas part paths, but not a name that is there, nor a pattern in braces', () => {
  const there = ['a,b', 'c', 'd,e,f', '/x/one, two/p.jpg'];
  const split = (text: string) => splitPaths(text, (path) => there.includes(path));
  assert.equal(split('c'), ['c']);
  assert.equal(split('a,b'), ['a,b']);
  assert.equal(split('a,b,c'), ['a,b', 'c']);
  assert.equal(split('c,a,b,nowhere,d,e,f'), ['c', 'a,b', 'nowhere', 'd,e,f']);
  assert.equal(split('x,y'), ['x', 'y']);
  assert.equal(split('/x/one, two/p.jpg,procedural:3'), ['/x/one, two/p.jpg', 'procedural:3']);
  assert.equal(split('{a,b}/*.jpg,c'), ['{a,b}/*.jpg', 'c']);
  assert.equal(split('dir/{a,{b,c}}.png'), ['dir/{a,{b,c}}.png']);
  assert.equal(split('{a,b'), ['{a', 'b'], 'braces that do not close are letters');
  assert.equal(split('a},{b'), ['a}', '{b']);
  assert.equal(split(',c,,'), ['c']);
});

test('--images takes a folder whose name has a comma; other lists are parted as ever', () => {
  const folder = join(temporaryFolder('paths'), 'Berlin, 2019');
  mkdirSync(folder);
  writeFileSync(join(folder, 'a.jpg'), '');
  const { values } = parse('run', FLAGS, [
    '--images',
    `${folder},procedural:2`,
    '--images',
    folder,
    '--taps',
    'a,b',
  ]);
  assert.equal(values.images, [folder, 'procedural:2', folder]);
  assert.equal(values.taps, ['a', 'b']);
});

test.run();

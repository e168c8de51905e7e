import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import * as fsp from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { makeFolder } from '../../src/formats/make-folder.node.js';
import { rejection } from '../support/rejection.js';

const test = suite('formats/make-folder');
const dir = mkdtempSync(join(tmpdir(), 'curvesae-folder-'));
test.after(() => rmSync(dir, { recursive: true, force: true }));

test('makes what is missing above, several at once, and leaves what is there', async () => {
  const deep = join(dir, 'a', 'b', 'c');
  await Promise.all([makeFolder(deep, fsp), makeFolder(deep, fsp), makeFolder(join(dir, 'a', 'd'), fsp)]);
  assert.ok(statSync(deep).isDirectory());
  await makeFolder(deep, fsp);
  await makeFolder('.', fsp);
  await makeFolder('/', fsp);
});

test('a file in the way', async () => {
  writeFileSync(join(dir, 'file'), '');
  for (const path of [join(dir, 'file'), join(dir, 'file', 'x'), join(dir, 'file', 'x', 'y')])
    assert.match((await rejection(makeFolder(path, fsp))).message, /EEXIST|ENOTDIR/);
});

test('a system that says ENOENT of a folder whose parent is there (/proc) is asked a few times only', async () => {
  let asked = 0;
  const fs = {
    stat: fsp.stat,
    mkdir: async (path: string) => {
      asked++;
      throw Object.assign(new Error(`ENOENT: ${path}`), { code: 'ENOENT' });
    },
  };
  const error = await rejection(makeFolder(join(dir, 'p', 'q', 'r'), fs as never));
  assert.match(error.message, 'ENOENT');
  assert.is(asked, 1, 'the topmost that is missing');
});

test.run();

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { refusal } from '../support/corrupt.js';
import { alike, PICTURES } from '../support/fuzz-pictures.js';
import { TARGETS } from '../support/fuzz-targets.js';
import { ROOT } from '../support/paths.js';

const test = suite('formats/corpus');
const dir = join(ROOT, 'test/corpus');

test('the valid files that fuzzing starts from are read', async () => {
  for (const [name, { seed, read }] of Object.entries(TARGETS))
    assert.is(refusal(() => read(seed))?.message, undefined, name);
  for (const [name, seed] of Object.entries(PICTURES)) assert.is(await alike(seed, name), 'decoded', name);
});

test('every file ever found by scripts/fuzz.mjs, through every reader', async () => {
  const files = readdirSync(dir);
  assert.ok(files.length > 0);
  for (const file of files) {
    const bytes = new Uint8Array(readFileSync(join(dir, file)));
    for (const { read } of Object.values(TARGETS)) refusal(() => read(bytes));
    await alike(bytes, file);
  }
});

test.run();

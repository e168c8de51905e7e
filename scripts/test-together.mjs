// Several files of tests in one process, one after another, with one summary: node scripts/test-together.mjs FILE...
import { resolve } from 'node:path';
import { run } from 'uvu/run';

const files = process.argv.slice(2);
await run(files.map((file) => ({ name: file, file: resolve(file) })));
// uvu has taken each file's name from its tests.
for (const [i, tests] of globalThis.UVU_QUEUE.entries())
  if (!tests.length) throw new Error(`${files[i]}: has no test`);

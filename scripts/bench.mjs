// npm run bench: builds, the naive kernels too, then bench/main.ts with the arguments given.
import { spawnSync } from 'node:child_process';
import { build } from './build.mjs';
import { buildNaive } from './build-naive.mjs';

await build();
buildNaive();
const { status } = spawnSync(process.execPath, ['dist/bench/main.js', ...process.argv.slice(2)], {
  stdio: 'inherit',
});
process.exitCode = status ?? 1;

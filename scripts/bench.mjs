// npm run bench: builds, then bench/main.ts with the arguments given.
import { spawnSync } from 'node:child_process';
import { build } from './build.mjs';

await build();
const { status } = spawnSync(process.execPath, ['dist/bench/main.js', ...process.argv.slice(2)], {
  stdio: 'inherit',
});
process.exitCode = status ?? 1;

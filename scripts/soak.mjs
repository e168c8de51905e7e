// npm run test:soak: the long versions of tests that npm test runs in short.
import { spawnSync } from 'node:child_process';
import { build } from './build.mjs';

await build();
const { status } = spawnSync(process.execPath, ['dist/test/sae/kill.test.js'], {
  stdio: 'inherit',
  env: { KILL_ROUNDS: '100', ...process.env },
});
process.exitCode = status ?? 1;

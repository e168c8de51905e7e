// npm run test:soak: the long versions of tests that npm test runs in short.
import { spawnSync } from 'node:child_process';
import { build } from './build.mjs';
import { IN_PART, WHOLE } from './long-tests.mjs';

await build();
const env = { KILL_ROUNDS: '100', CURVESAE_LONG_TESTS: '1', ...process.env };
for (const file of [...IN_PART, ...WHOLE]) {
  const { status } = spawnSync(process.execPath, [`dist/test/${file}.test.js`], { stdio: 'inherit', env });
  process.exitCode ||= status ?? 1;
}

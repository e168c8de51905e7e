// npm test [-- FILTER...]: builds, lints, runs every test/**/*.test.ts (compiled) in a
// process of its own, two at a time, and ends with the line `N passed, N failed`.
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { build } from './build.mjs';
import { globSync } from './fs.mjs';

const filters = process.argv.slice(2);

function run(command, args) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0' },
    });
    let output = '';
    child.stdout.on('data', (d) => (output += d));
    child.stderr.on('data', (d) => (output += d));
    child.on('close', (code, signal) => resolve({ code, signal, output }));
  });
}

await build();
const total = { passed: 0, failed: 0, skipped: 0 };
const failures = [];

if (!filters.length) {
  const lint = await run(process.execPath, ['node_modules/@biomejs/biome/bin/biome', 'check']);
  if (lint.code === 0) total.passed++;
  else {
    total.failed++;
    failures.push(`lint (npm run format mends most of it)\n${lint.output}`);
  }
}

const files = globSync('test', '.test.ts').filter(
  (f) => !filters.length || filters.some((x) => f.includes(x)),
);
// Backwards: the long files (study, explorer) before the short ones, so that both workers end together.
const queue = files.toReversed();
async function worker() {
  for (let file = queue.shift(); file; file = queue.shift()) {
    const started = Date.now();
    const { code, signal, output } = await run(process.execPath, [`dist/${file.replace(/\.ts$/, '.js')}`]);
    // The summary that uvu prints for each file.
    const count = (label) => Number(new RegExp(`${label}:\\s+(\\d+)`).exec(output)?.[1] ?? 0);
    const passed = count('Passed');
    // A file whose tests are all skipped here has said so; one without any test has failed.
    const ran = code === 0 && count('Total') + count('Skipped') > 0;
    const failed = Math.max(count('Total') - passed, ran ? 0 : 1);
    total.passed += passed;
    total.failed += failed;
    total.skipped += count('Skipped');
    const notes = output.split('\n').filter((l) => l.startsWith('skipped: '));
    process.stdout.write(
      `${failed ? 'FAIL' : 'ok  '} ${file}  ${passed} passed${failed ? `, ${failed} failed` : ''}  ${((Date.now() - started) / 1000).toFixed(1)} s\n`,
    );
    for (const note of new Set(notes)) process.stdout.write(`     ${note}\n`);
    if (failed) failures.push(`${file}${signal ? ` (ended by ${signal})` : ''}\n${output}`);
  }
}
await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, worker));

for (const failure of failures) process.stdout.write(`\n--- ${failure}\n`);
process.stdout.write(
  `\n${total.passed} passed, ${total.failed} failed${total.skipped ? `, ${total.skipped} skipped` : ''}\n`,
);
process.exitCode = total.failed || total.passed === 0 ? 1 : 0;

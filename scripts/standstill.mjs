// npm run test:standstill [-- --runs 200 --busy 6 --limit 120 --built]: does a command, or a program that
// awaits init(), ever stand still (docs/reliability.md)? Busy loops take the processors from V8's
// helper threads; a run that has not ended after `limit` seconds stands still, and is killed.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from './build.mjs';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '200' },
    busy: { type: 'string', default: '6' },
    limit: { type: 'string', default: '120' },
    built: { type: 'boolean', default: false },
  },
});
const [runs, busy, limit] = [values.runs, values.busy, values.limit].map(Number);
if (!values.built) await build();

const dir = mkdtempSync(join(tmpdir(), 'curvesae-standstill-'));
const SYNTH = '--features 128 --d-in 64 --vectors 32768 --active 4'.split(' ');
const LIBRARY = `
  const { init } = await import(${JSON.stringify(resolve('dist/src/index.js'))});
  (await init()).dispose();`;
const commands = [
  (i) => ['dist/src/cli/main.js', 'synth', ...SYNTH, '--out', join(dir, String(i)), '--quiet'],
  () => ['--input-type=module', '-e', LIBRARY],
];

const node = (args) => spawn(process.execPath, args, { stdio: 'ignore' });
const loops = Array.from({ length: busy }, () => node(['-e', 'for (;;);']));
const counts = { ended: 0, stoodStill: 0, failed: 0 };
const seconds = [];
try {
  for (let i = 0; i < runs; i++) {
    const started = Date.now();
    const child = node(commands[i % commands.length](i));
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      child.kill('SIGKILL');
    }, 1000 * limit);
    const code = await new Promise((done) => child.on('close', done));
    clearTimeout(timer);
    seconds.push((Date.now() - started) / 1000);
    counts[late ? 'stoodStill' : code === 0 ? 'ended' : 'failed']++;
    rmSync(join(dir, String(i)), { recursive: true, force: true });
  }
} finally {
  for (const loop of loops) loop.kill('SIGKILL');
  rmSync(dir, { recursive: true, force: true });
}
seconds.sort((a, b) => a - b);
process.stdout.write(
  `${runs} runs beside ${busy} busy loops: ${counts.ended} ended, ${counts.stoodStill} stood still, ${counts.failed} failed; ` +
    `median ${seconds[runs >> 1].toFixed(1)} s, longest ${seconds.at(-1).toFixed(1)} s\n`,
);
process.exitCode = counts.stoodStill || counts.failed ? 1 : 0;

// npm start: installs, builds, and runs the main job on the network and the procedural
// images that ship with the package.
import { spawn } from 'node:child_process';
import { build } from './build.mjs';

await build();
const child = spawn(
  process.execPath,
  ['dist/src/cli/main.js', 'run', '--out', 'out/start', ...process.argv.slice(2)],
  {
    stdio: 'inherit',
  },
);
// Ctrl-C reaches the child too: it saves its step and ends by itself.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => child.kill('SIGTERM'));
child.on('close', (code, signal) => {
  process.exitCode = signal ? 130 : code;
});

// npm run build: install what is missing, WebAssembly, TypeScript, the `curvesae` command.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from './fs.mjs';

process.chdir(dirname(dirname(fileURLToPath(import.meta.url))));
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');
const say = (text) => process.stderr.write(`${text}\n`);

/** npm ci, once per package-lock.json, and again where an `npm install` has changed what is there. */
export function install() {
  const stamp = 'node_modules/.curvesae-lock';
  const installed = 'node_modules/.package-lock.json';
  const hashes = () =>
    ['package-lock.json', installed]
      .map((file) => (existsSync(file) ? sha256(readFileSync(file)) : 'none'))
      .join(' ');
  if (existsSync(stamp) && existsSync(installed) && readFileSync(stamp, 'utf8') === hashes()) return;
  say('installing dependencies (npm ci)');
  execFileSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    stdio: ['ignore', process.stderr, process.stderr],
    shell: process.platform === 'win32',
  });
  writeFileSync(stamp, hashes());
}

export async function build() {
  install();
  const { buildWasm } = await import('./build-wasm.mjs');
  if (await buildWasm()) say('built dist/core/*.wasm');
  const { writeKernelCalls } = await import('./kernel-calls.mjs');
  writeKernelCalls();
  const { inlineJpeg } = await import('./inline-jpeg.mjs');
  inlineJpeg();
  removeStale();
  execFileSync(process.execPath, ['node_modules/@typescript/native/bin/tsc', '-p', 'tsconfig.json'], {
    stdio: ['ignore', process.stderr, process.stderr],
  });
  const { bundleWorker } = await import('./bundle-worker.mjs');
  const { bundleStandalone } = await import('./bundle-standalone.mjs');
  const { buildExplorer } = await import('./build-explorer.mjs');
  const { bundleNode } = await import('./bundle-node.mjs');
  await Promise.all([bundleWorker(), bundleStandalone(), buildExplorer(), bundleNode()]);
  linkCommand();
}

// What was compiled from a source that is gone would be packed, and run by tests that find files by name.
const BUNDLES = ['src/standalone', 'src/worker'];
function removeStale() {
  for (const room of ['src', 'models', 'test', 'bench']) {
    if (!existsSync(`dist/${room}`)) continue;
    for (const entry of readdirSync(`dist/${room}`, { recursive: true })) {
      const source = join(room, entry).replace(/\.(d\.ts|js)$/, '');
      if (source === join(room, entry) || entry.startsWith('bundled')) continue;
      const made = BUNDLES.includes(source.replaceAll('\\', '/'));
      if (!made && !existsSync(`${source}.ts`)) rmSync(join('dist', room, entry));
    }
  }
}

// `npx curvesae` in the clone itself: npm links only the bins of dependencies.
function linkCommand() {
  const main = 'dist/src/cli/main.js';
  if (!existsSync(main) || process.platform === 'win32') return;
  chmodSync(main, 0o755);
  rmSync('node_modules/.bin/curvesae', { force: true });
  symlinkSync(`../../${main}`, 'node_modules/.bin/curvesae');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    await build();
  } catch (error) {
    say(`build failed: ${error.message}`);
    process.exitCode = 1;
  }
}

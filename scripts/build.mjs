// npm run build: install what is missing, WebAssembly, TypeScript, the `curvesae` command.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chmodSync, existsSync, readFileSync, rmSync, symlinkSync, writeFileSync } from './fs.mjs';

process.chdir(dirname(dirname(fileURLToPath(import.meta.url))));
const say = (text) => process.stderr.write(`${text}\n`);

/** npm ci, once per package-lock.json. */
export function install() {
  const stamp = 'node_modules/.curvesae-lock';
  const hash = createHash('sha256').update(readFileSync('package-lock.json')).digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return;
  say('installing dependencies (npm ci)');
  execFileSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    stdio: ['ignore', process.stderr, process.stderr],
    shell: process.platform === 'win32',
  });
  writeFileSync(stamp, hash);
}

export async function build() {
  install();
  const { buildWasm } = await import('./build-wasm.mjs');
  if (await buildWasm()) say('built dist/core/*.wasm');
  const { writeKernelCalls } = await import('./kernel-calls.mjs');
  writeKernelCalls();
  const { inlineJpeg } = await import('./inline-jpeg.mjs');
  inlineJpeg();
  execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json'], {
    stdio: ['ignore', process.stderr, process.stderr],
  });
  const { bundleWorker } = await import('./bundle-worker.mjs');
  await bundleWorker();
  const { bundleStandalone } = await import('./bundle-standalone.mjs');
  await bundleStandalone();
  const { buildExplorer } = await import('./build-explorer.mjs');
  await buildExplorer();
  const { bundleNode } = await import('./bundle-node.mjs');
  await bundleNode();
  linkCommand();
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

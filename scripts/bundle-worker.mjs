// dist/src/worker.web.js -> dist/src/worker.js, one file without imports: a worker sees no
// import map, a copy of it can be served from anywhere, and a bundler that takes it up finds
// nothing in it that leads back to the page. The core comes compiled from the page.
import { build } from 'esbuild';
import { coreLeftOut } from './core-left-out.mjs';

export async function bundleWorker() {
  await build({
    entryPoints: ['dist/src/worker.web.js'],
    outfile: 'dist/src/worker.js',
    bundle: true,
    format: 'esm',
    target: 'es2022',
    platform: 'browser',
    minify: true,
    plugins: [coreLeftOut],
    banner: {
      js: '// curvesae: the script of its workers. Contains fflate, @assemblyscript/loader and libjpeg-turbo (THIRD-PARTY-NOTICES.md).',
    },
    logLevel: 'error',
    logOverride: { 'import-is-undefined': 'silent' },
  });
}

// node build.mjs [OUT]: the page as static files (index.html, style.css, page.js, worker.js), for any
// host that serves over https: or from localhost. Needs esbuild and curvesae.
import { copyFileSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));

export async function buildPage(out) {
  mkdirSync(out, { recursive: true });
  await build({
    entryPoints: [join(here, 'page.js')],
    outfile: join(out, 'page.js'),
    bundle: true,
    format: 'esm',
    target: 'es2022',
    minify: true,
    logLevel: 'error',
  });
  for (const file of ['index.html', 'style.css']) copyFileSync(join(here, file), join(out, file));
  copyFileSync(fileURLToPath(import.meta.resolve('curvesae/worker.js')), join(out, 'worker.js'));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildPage(process.argv[2] ?? join(here, 'out'));

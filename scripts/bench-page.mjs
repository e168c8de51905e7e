// npm run bench:page [-- --port N]: builds dist/bench/page/, static files for any host, and
// serves it on this machine only, cross-origin isolated (so that the clock is fine enough).
import { createServer } from 'node:http';
import { extname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { build as bundle } from 'esbuild';
import { coreLeftOut } from './core-left-out.mjs';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from './fs.mjs';

const OUT = 'dist/bench/page';
const TYPES = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css' };

/** After `npm run build`: page.js, worker.js, compute.js (its workers), page.css, index.html. */
export async function buildPage() {
  await bundle({
    entryPoints: { page: 'dist/bench/page/page.js', worker: 'dist/bench/page/worker.js' },
    ...{ bundle: true, format: 'esm', outdir: `${OUT}/site`, platform: 'browser', target: 'es2022' },
    // Node's own loaders are behind dynamic imports that a page never takes.
    external: ['node:*', 'sharp'],
    logLevel: 'error',
  });
  await bundle({
    entryPoints: { compute: 'dist/bench/page/compute.js' },
    ...{ bundle: true, format: 'esm', outdir: `${OUT}/site`, platform: 'browser', target: 'es2022' },
    plugins: [coreLeftOut], // it comes compiled from the page
    logLevel: 'error',
    logOverride: { 'import-is-undefined': 'silent' },
  });
  const load = (file) => import(pathToFileURL(join(process.cwd(), file)).href);
  const { BENCH_PAGE_STYLE } = await load('dist/src/bench/report.js');
  const { WORKS } = await load('dist/src/bench/suite.js');
  const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
  mkdirSync(`${OUT}/site`, { recursive: true });
  writeFileSync(`${OUT}/site/page.css`, BENCH_PAGE_STYLE + readFileSync('bench/page/page.css', 'utf8'));
  const chosen = new Set(['stem', 'gemm', 'kernels']);
  const boxes = [...Object.keys(WORKS), 'memory'].map(
    (w) =>
      `<label><input type="checkbox" name="work" value="${w}"${chosen.has(w) ? ' checked' : ''}> ${w}</label>`,
  );
  const html = readFileSync('bench/page/index.html', 'utf8');
  writeFileSync(
    `${OUT}/site/index.html`,
    html.replace('{version}', version).replace('{works}', boxes.join('\n')),
  );
  return `${OUT}/site`;
}

/** Resolves to the server once it listens. */
export function servePage(folder, port = 0) {
  const server = createServer((request, response) => {
    const name = new URL(request.url, 'http://x').pathname.slice(1) || 'index.html';
    const file = join(folder, name);
    const host = `127.0.0.1:${server.address().port}`;
    if (request.headers.host !== host || !/^[\w-]+\.\w+$/.test(name) || !existsSync(file))
      return response.writeHead(404).end();
    response.writeHead(200, {
      'content-type': TYPES[extname(name)] ?? 'application/octet-stream',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-embedder-policy': 'require-corp',
      'cross-origin-resource-policy': 'same-origin',
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-cache',
    });
    response.end(readFileSync(file));
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { build } = await import('./build.mjs');
  await build();
  const { values } = parseArgs({ options: { port: { type: 'string', default: '0' } } });
  const server = await servePage(await buildPage(), Number(values.port));
  console.log(`http://127.0.0.1:${server.address().port}/ (Ctrl-C ends)`);
}

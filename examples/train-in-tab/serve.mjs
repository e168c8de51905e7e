// node serve.mjs [PORT]: builds the page and serves it at 127.0.0.1.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildPage } from './build.mjs';

const TYPES = {
  'index.html': 'text/html',
  'style.css': 'text/css',
  'page.js': 'text/javascript',
  'worker.js': 'text/javascript',
};
const out = mkdtempSync(join(tmpdir(), 'train-in-tab-'));
process.on('exit', () => rmSync(out, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit());
await buildPage(out);

const port = Number(process.argv[2] ?? 8128);
createServer((request, response) => {
  const name = request.url === '/' ? 'index.html' : request.url.slice(1);
  const own = [`127.0.0.1:${port}`, `localhost:${port}`].includes(request.headers.host);
  if (!own || !Object.hasOwn(TYPES, name)) return response.writeHead(404).end();
  response.writeHead(200, {
    'content-type': `${TYPES[name]}; charset=utf-8`,
    'x-content-type-options': 'nosniff',
  });
  response.end(readFileSync(join(out, name)));
}).listen(port, '127.0.0.1', () => console.log(`http://127.0.0.1:${port}/`));

// deno run -A other.js [BUILD [WORKERS]], bun other.js ...: as node.js, with the browser's decoder and pool.
import { readFile } from 'node:fs/promises';
import process from 'node:process';
import { decodeImage, webPool } from 'curvesae';
import { identity } from './job.js';

const [build = 'simd', workers = '1,2,3,8'] = process.argv.slice(2);
const lines = await identity({
  read: async (name) => new Uint8Array(await readFile(new URL(name, import.meta.url))),
  decode: decodeImage,
  createPool: webPool,
  build,
  workers: workers.split(',').map(Number),
});
const { deno, bun } = process.versions;
console.log(JSON.stringify({ runtime: deno ? `Deno ${deno}` : `Bun ${bun}`, lines }));

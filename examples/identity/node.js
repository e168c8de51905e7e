// node node.js [BUILD [WORKERS]]: the job's lines as JSON, with what computed them.
import { readFile } from 'node:fs/promises';
import { decodeImage, nodePool } from 'curvesae/node';
import { identity } from './job.js';

const [build = 'simd', workers = '1,2,3,8'] = process.argv.slice(2);
const lines = await identity({
  read: async (name) => new Uint8Array(await readFile(new URL(name, import.meta.url))),
  decode: decodeImage,
  createPool: nodePool,
  build,
  workers: workers.split(',').map(Number),
});
console.log(JSON.stringify({ runtime: `Node ${process.versions.node}`, lines }));

// index.html?build=BUILD&workers=1,2,3,8
import { decodeImage, webPool } from 'curvesae';
import { identity } from './job.js';

const query = new URLSearchParams(location.search);
const warnings = [];
const lines = await identity({
  read: async (name) => new Uint8Array(await (await fetch(name)).arrayBuffer()),
  decode: decodeImage,
  createPool: (engine, model) => webPool(engine, model, (warning) => warnings.push(warning)),
  build: query.get('build') ?? 'simd',
  workers: (query.get('workers') ?? '1,2,3,8').split(',').map(Number),
});
document.querySelector('#result').textContent = JSON.stringify({
  isolated: crossOriginIsolated,
  warnings,
  lines,
});

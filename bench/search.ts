// Exact search by product, ours against faiss IndexFlatIP, one thread: 1,000,000 random unit rows of 256 or those of
// SEARCH_ROWS=FILE (a matrix), the ten nearest of one query, of 64 and of 1024. Beside them the time in which one thread
// reads a byte a value and nothing else: what memory allows a screen in 8 bits.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Environment, Impl, Work } from '../src/bench/types.js';
import { Rng } from '../src/core/random.js';
import { init, NearestIndex, nodePool, readMatrix } from '../src/node.js';
import { matrixRows } from '../src/vectors/matrix.js';
import { ROOT } from '../test/support/paths.js';
import { PythonPeer } from './peers/python.js';

const TOP = 10;
/** SEARCH_QUERIES=1,64: these alone. */
const QUERIES = (process.env.SEARCH_QUERIES ?? '1,64,1024').split(',').map(Number);
const MOST = Math.max(...QUERIES);
/** Floats that are written to a file at a time: a buffer holds less than 2 GiB. */
const PIECE = 2 ** 26;

interface Rows {
  name: string;
  n: number;
  d: number;
  data: Float32Array;
}

async function rowsOf(): Promise<Rows> {
  const file = process.env.SEARCH_ROWS;
  if (file) {
    const { shape, data } = await readMatrix(file);
    return { name: 'of SEARCH_ROWS', n: shape[0], d: shape[1], data };
  }
  return { name: 'random', n: 1_000_000, d: 256, data: randomUnit(1_000_000, 256, 1) };
}

/** Rows of sums of three uniform values, made unit vectors. */
function randomUnit(n: number, d: number, seed: number): Float32Array {
  const rng = new Rng(seed);
  const data = new Float32Array(n * d);
  for (let at = 0; at < data.length; at += d) {
    let squares = 0;
    for (let j = at; j < at + d; j++) {
      const v = (rng.u32() + rng.u32() + rng.u32()) / 2 ** 32 - 1.5;
      data[j] = v;
      squares += v * v;
    }
    const scale = 1 / Math.sqrt(squares);
    for (let j = at; j < at + d; j++) data[j] *= scale;
  }
  return data;
}

export async function* search(env: Environment): AsyncGenerator<Work> {
  const { name, n, d, data } = await rowsOf();
  const matrix = matrixRows({ label: name, hash: '', shape: [n, d], data });
  const rng = new Rng(2);
  // Between rows: neither among them nor far from all.
  const queries = Float32Array.from({ length: MOST * d });
  for (let q = 0; q < MOST; q++) {
    const [a, b] = [rng.below(n) * d, rng.below(n) * d];
    for (let j = 0; j < d; j++) queries[q * d + j] = data[a + j] + 0.7 * data[b + j];
  }
  const faiss = await faissOf({ n, d, data, queries }, env.say);
  const engine = await init();
  const two = await init({ workers: 2 });
  const pool = nodePool(two, undefined);
  env.say('index');
  const index = await NearestIndex.of(engine, matrix);
  const shared = await NearestIndex.of(two, matrix, { pool });
  const row = { version: env.version, build: engine.info().build, batch: 1 };
  for (const count of QUERIES) {
    const some = queries.subarray(0, count * d);
    const ours = (impl: string, threads: number, by: NearestIndex): Impl => {
      let scores: number[] = [];
      return {
        ...{ impl, ...row, threads, batch: count, maxRuns: count > 1 ? 6 : undefined },
        run: async () => {
          scores = (await by.nearest(some, TOP)).flat().map(({ score }) => score);
        },
        output: () => scores,
      };
    };
    const impls = [ours('curvesae', 1, index), ours('curvesae', 2, shared)];
    if (faiss) impls.push(faiss(count));
    if (count === 1) impls.push(reading(n * d, env.version));
    yield {
      work: `search: ${TOP} nearest of ${n} x ${d} ${name} rows, ${count} queries`,
      tolerance: 1e-5,
      impls,
    };
  }
  index.dispose();
  shared.dispose();
  pool.dispose();

  /** `bytes` read by the core from its own memory. */
  function reading(bytes: number, version: string): Impl {
    const core = engine.acquire();
    const x = core.alloc(bytes);
    core.u8(x, bytes).fill(1);
    return {
      ...{ impl: 'reading a byte a value', version, build: row.build, threads: 1, batch: 1 },
      run: () => core.kernels.f32_sum_squares({ x, n: bytes >> 2, sum: 0 }),
      dispose: () => core.dispose(),
    };
  }
}

async function faissOf(
  { n, d, data, queries }: { n: number; d: number; data: Float32Array; queries: Float32Array },
  say: (text: string) => void,
): Promise<((count: number) => Impl) | undefined> {
  const script = join(ROOT, 'bench/peers/faiss_search.py');
  const peer = await PythonPeer.start(script, say, { name: 'faiss', module: 'faiss' });
  if (!peer) return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'curvesae-faiss-'));
  const save = (name: string, values: Float32Array, shape: number[]): [string, number[]] => {
    const file = join(folder, name);
    writeFileSync(file, '');
    for (let at = 0; at < values.length; at += PIECE) {
      const part = values.subarray(at, at + PIECE);
      writeFileSync(file, new Uint8Array(part.buffer, part.byteOffset, part.byteLength), { flag: 'a' });
    }
    return [file, shape];
  };
  await peer.ask({
    do: 'setup',
    rows: save('rows', data, [n, d]),
    queries: save('queries', queries, [MOST, d]),
  });
  rmSync(folder, { recursive: true });
  return (count) => {
    let scores: number[] = [];
    return {
      ...{ impl: 'faiss IndexFlatIP', version: peer.version, build: 'native', threads: 1, batch: count },
      maxRuns: count > 1 ? 3 : undefined,
      run: async () => {
        ({ scores } = (await peer.ask({ do: 'search', queries: count, top: TOP })) as { scores: number[] });
      },
      output: () => scores,
      dispose: () => {
        if (count === MOST) peer.stop();
      },
    };
  };
}

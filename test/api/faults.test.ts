// The n-th file operation of a command fails, for every n: a typed error, nothing half-written that reads
// as good, no temporary file, no rejection that nobody handles; and the same command again ends as ever
// (FAULTS S2).
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { GROUND_TRUTH } from '../../models/embedded/ground-truth.js';
import { description } from '../../models/registry.js';
import { encode } from '../../src/api/encode.js';
import type { Platform } from '../../src/api/platform.js';
import { nodePlatform } from '../../src/api/platform.node.js';
import { saeConvert } from '../../src/api/sae.js';
import { sweep } from '../../src/api/sweep.js';
import { type FileSystem, nodeStorage } from '../../src/formats/storage.node.js';
import { CurvesaeError, init, matrixVectors } from '../../src/index.js';
import { trainInto } from '../../src/sae/folder.js';
import { type ExplorerEnvironment, explorerData } from '../../src/study/facts/data.js';
import { temporaryFolder } from '../support/cli.js';
import { smallRun } from '../support/explorer.js';
import { failing } from '../support/failing-fs.js';
import { LONG } from '../support/long.js';
import { randomNormal } from '../support/random.js';

const test = suite('api/faults');
const dir = temporaryFolder('faults');
const engine = await init({ workers: 1 });
const unhandled: unknown[] = [];
process.on('unhandledRejection', (reason) => unhandled.push(reason));
test.after(() => engine.dispose());

const call = { engine, warn: () => {} };
const matrix = { shape: [300, 8] as [number, number], data: randomNormal(2400, 1) };
const SAE = join(dir, 'sae');
const RUN = await smallRun();
test.before(async () => {
  const source = matrixVectors({ label: 'x', hash: 'x', ...matrix }, 'all');
  const options = { architecture: 'topk', dSae: 16, k: 2, batch: 64, steps: 4, seed: 3 };
  await trainInto(engine, source, { storage: nodeStorage(SAE), options, resume: true, metadata: {} });
});

/** Node, whose folders are reached by `fs`. */
const over = (fs?: FileSystem): Platform => ({
  ...nodePlatform,
  storage: (out) => nodeStorage(out as string, fs),
  saeStorage: async (sae) => nodeStorage(sae as string, fs),
  fileIn: async (path) => ({ storage: nodeStorage(dirname(path), fs), name: basename(path) }),
});

/** Content by path below `at`; names with a dot in front are what nobody should see. */
function tree(at: string): Map<string, string> {
  const files = new Map<string, string>();
  if (!existsSync(at)) return files;
  for (const entry of readdirSync(at, { recursive: true, withFileTypes: true }))
    if (entry.isFile()) {
      const path = join(entry.parentPath, entry.name);
      files.set(path.slice(at.length + 1), readFileSync(path, 'latin1'));
    }
  return files;
}

interface Command {
  run(at: string, fs?: FileSystem): Promise<unknown>;
  /** What the command leaves that has no times in it. */
  product: RegExp;
  /** A failed command leaves none of the product, or the whole. */
  whole: boolean;
}

const COMMANDS: Record<string, Command> = {
  encode: {
    run: (at, fs) => encode(over(fs), { ...call, sae: SAE, in: matrix, out: join(at, 'f.npy') }),
    product: /./,
    whole: true,
  },
  'sae convert': {
    run: (at, fs) => saeConvert(over(fs), { sae: SAE, out: at, to: 'sparsify' }),
    product: /./,
    whole: true,
  },
  sweep: {
    run: (at, fs) =>
      sweep(over(fs), {
        ...{ ...call, activations: matrix, archs: 'topk', k: [2, 3], dSae: 16 },
        ...{ batch: 64, steps: 4, checkpointEvery: 2, out: at },
      }),
    product: /cfg\.json$|\.safetensors$/,
    whole: false,
  },
  explore: {
    run: async (at, fs) => {
      if (!existsSync(join(at, 'result.json'))) {
        mkdirSync(at, { recursive: true });
        cpSync(RUN, at, { recursive: true });
      }
      await explorerData(pages, nodeStorage(at, fs), 2);
    },
    product: /^explorer\//,
    whole: false,
  },
};

/** Neither the network nor the photographs: their pages are left out, the files are what is tested. */
const pages: ExplorerEnvironment = {
  engine,
  findModel: async () => ({ reason: 'not here' }),
  findImages: async () => ({ reason: 'not here' }),
  network: {
    describe: description,
    encode: () => new Uint8Array(),
    plantedDeg: GROUND_TRUTH.features.map((f) => f.orientationDeg),
  },
  pool: () => assert.unreachable() as never,
  encodeJpeg: async () => assert.unreachable() as never,
  progress: { start: () => {}, update: () => {}, finish: () => {} },
};

const CODES = ['ENOSPC', 'EIO', 'EACCES', 'EMFILE', 'SHORT'];

for (const [name, { run, product, whole }] of Object.entries(COMMANDS))
  test(`${name}: the n-th file operation fails`, async () => {
    const products = (at: string) => new Map([...tree(at)].filter(([path]) => product.test(path)));
    const intact = join(dir, name, 'intact');
    const all = failing(0, 'EIO');
    await run(intact, all.fs);
    const want = products(intact);
    assert.ok(want.size > 0);
    // Explorer data cost a second each, a sweep a third: not every operation, and of another kind each time.
    const step = { explore: LONG ? 3 : 29, sweep: LONG ? 1 : 3 }[name] ?? 1;
    let failed = 0;
    for (let n = 1; n <= all.count(); n += step) {
      const at = join(dir, name, String(n));
      const { fs } = failing(n, CODES[n % CODES.length]);
      const error = await run(at, fs).then(
        () => undefined,
        (e) => e as Error,
      );
      const where = `operation ${n} (${CODES[n % CODES.length]})`;
      if (error) {
        failed++;
        assert.instance(error, CurvesaeError, `${where}: ${error.stack}`);
        assert.not.ok(error.message.includes('\n'), where);
        const left = products(at);
        if (whole && left.size) assert.equal(left, want, `${where}: half of it is there`);
      }
      await run(at).catch((e) => {
        // What was written whole before the failure is kept, and said.
        if (!whole || !/already holds/.test(e.message)) throw new Error(`${where}, again: ${e.message}`);
      });
      assert.equal(products(at), want, where);
      const hidden = [...tree(at).keys()].filter((path) => basename(path).startsWith('.'));
      assert.equal(hidden, [], where);
    }
    assert.ok(failed >= 4, `${failed} of ${all.count()} failed`);
    await new Promise((turn) => setImmediate(turn));
    assert.equal(unhandled, []);
  });

test.run();

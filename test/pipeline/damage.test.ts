// One flipped bit in any file of a finished run: every consumer gives what it gives of the intact run, or
// ends with a typed error; never another result (FAULTS S4).
import * as fsp from 'node:fs/promises';
import { basename, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { curves } from '../../src/api/curves.js';
import { evaluate } from '../../src/api/evaluate.js';
import { explore } from '../../src/api/explore.node.js';
import { nodePlatform } from '../../src/api/platform.node.js';
import { type RunReport, run } from '../../src/api/run.js';
import { saeInfo } from '../../src/api/sae.js';
import { train } from '../../src/api/train.js';
import { InputError, init } from '../../src/index.js';
import { temporaryFolder } from '../support/cli.js';

const test = suite('pipeline/damage');
const dir = temporaryFolder('damage');
const engine = await init({ workers: 1 });
test.after(() => engine.dispose());

const said: string[] = [];
const call = { engine, warn: (text: string) => said.push(text) };
const TRAIN = { arch: 'topk', k: 4, dSae: 16, batch: 64, steps: 8, seed: 1 };
const STIMULI = { orientations: 8, radii: [30], images: 'procedural:4', tap: 'mixed3b_5x5', seed: 1 };

const runIn = (out: string): Promise<RunReport> =>
  run(nodePlatform, { ...call, ...TRAIN, ...STIMULI, model: 'embedded', seeds: 1, perImage: 64, out });

/** What a result says, apart from when and how fast it was made. */
const content = ({ seconds: _, ...result }: RunReport) => JSON.stringify(result);

/** Files below `at`, by their path. */
async function filesOf(at: string): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  for (const entry of await fsp.readdir(at, { recursive: true, withFileTypes: true }))
    if (entry.isFile()) {
      const path = join(entry.parentPath, entry.name);
      files.set(path.slice(at.length + 1), await fsp.readFile(path));
    }
  return files;
}

interface Run {
  at: string;
  paths: RunReport['paths'];
}
/** What each consumer makes of a run, as text; missing parts are an outcome of their own (exit 4). */
const CONSUMERS: Record<string, (run: Run) => Promise<string>> = {
  eval: async ({ at, paths }) =>
    JSON.stringify(
      await evaluate(nodePlatform, {
        ...call,
        sae: join(at, paths.sae),
        activations: join(at, 'activations'),
      }),
    ),
  'sae info': async ({ at, paths }) => {
    const { folder: _, ...info } = await saeInfo(nodePlatform, { sae: join(at, paths.sae) });
    return JSON.stringify(info);
  },
  'train, again': async ({ at, paths }) => {
    const activations = join(at, 'activations');
    const { sae: _, ...report } = await train(nodePlatform, {
      ...call,
      ...TRAIN,
      activations,
      out: join(at, paths.sae),
    });
    return JSON.stringify(report);
  },
  'train, anew': async ({ at }) => {
    const out = join(at, 'new');
    await train(nodePlatform, { ...call, ...TRAIN, activations: join(at, 'activations'), out });
    return (await fsp.readFile(join(out, 'sae_weights.safetensors'))).toString('hex');
  },
  curves: async ({ at, paths }) =>
    JSON.stringify(
      await curves(nodePlatform, { ...call, ...STIMULI, model: 'embedded', sae: join(at, paths.sae) }),
    ),
  explore: async ({ at }) => {
    const out = join(at, 'site');
    const { runs } = await explore(nodePlatform, { ...call, runs: at, export: out, photographs: 2 });
    if (runs[0].missing.length) return `missing ${runs[0].missing.map((m) => m.part)}`;
    const files = await filesOf(join(out, 'data'));
    return JSON.stringify([...files].sort().map(([name, bytes]) => [name, bytes.toString('base64')]));
  },
};

const intact = join(dir, 'intact');
let want: RunReport;
const outcomes: Record<string, string> = {};
test.before(async () => {
  want = await runIn(intact);
  const at = await copy('consumed');
  for (const [name, consume] of Object.entries(CONSUMERS))
    outcomes[name] = await consume({ at, paths: want.paths });
  assert.equal(said, []);
});

async function copy(name: string): Promise<string> {
  const at = join(dir, name);
  await fsp.cp(intact, at, { recursive: true });
  return at;
}

/** The middle byte; of text the digit nearest after it, whose last bit makes it another one. */
function flipped(name: string, bytes: Buffer): Buffer {
  const out = Buffer.from(bytes);
  let at = bytes.length >> 1;
  if (/\.jsonl?$/.test(name)) while (!/[0-9]/.test(String.fromCharCode(out[at]))) at++;
  out[at] ^= 1;
  return out;
}

/** Which consumers read what: the others need not be asked. */
const READERS: [RegExp, string[]][] = [
  [/^activations\/.*manifest/, ['eval', 'train, anew', 'explore']],
  [/^activations\/.*shard/, ['eval', 'train, anew', 'explore']],
  [/^sae\/.*(cfg|weights|checksums)/, ['eval', 'sae info', 'train, again', 'curves', 'explore']],
  [/^sae\//, ['train, again', 'explore']],
  [/^curves\//, ['explore']],
  [/^(controls|crops)\//, []], // `run` alone, below
  [/^(result|checksums)\.json$/, ['explore']],
];

test('a flipped bit in each file: the same outcome, or a typed error that names the file', async () => {
  let refusals = 0;
  for (const [file, bytes] of await filesOf(intact)) {
    if (file === 'report.html') continue; // nothing reads it
    const readers = READERS.find(([pattern]) => pattern.test(file))?.[1];
    assert.ok(readers, `${file}: who reads it?`);
    for (const name of readers) {
      const at = await copy('damaged');
      await fsp.writeFile(join(at, file), flipped(file, bytes));
      const outcome = await CONSUMERS[name]({ at, paths: want.paths }).catch((error) => {
        assert.instance(error, InputError, `${name} of ${file}: ${error.stack}`);
        assert.ok(error.message.includes(basename(file)), `${name} of ${file}: ${error.message}`);
        refusals++;
        return undefined;
      });
      if (outcome !== undefined && !outcome.startsWith('missing '))
        assert.ok(outcome === outcomes[name], `${name} of ${file}: another outcome`);
      await fsp.rm(at, { recursive: true });
    }
  }
  assert.ok(refusals >= 12, `${refusals} refusals`);
});

test('run makes what is damaged again, says so, and ends with the files of the intact run', async () => {
  for (const [file, bytes] of await filesOf(intact)) {
    const at = await copy('repeated');
    await fsp.writeFile(join(at, file), flipped(file, bytes));
    said.length = 0;
    const outcome = await runIn(at).catch((error) => {
      assert.instance(error, InputError, `${file}: ${error.stack}`);
      assert.match(error.message, /stage\.json: is not as it was written .*; remove it/);
      return undefined;
    });
    if (/^(activations|sae|curves)\//.test(file) && outcome) {
      assert.is(said.length, 1, `${file}: ${said}`);
      assert.match(said[0], /(made|trained) again$/);
    }
    if (outcome) {
      assert.is(content(outcome), content(want), file);
      for (const [name, good] of await filesOf(intact))
        if (/\.safetensors$|cfg\.json$/.test(name))
          assert.ok((await fsp.readFile(join(at, name))).equals(good), `${name} after ${file}`);
    } else assert.match(file, /stage\.json$/);
    await fsp.rm(at, { recursive: true });
  }
});

test('a run of a version that wrote no checksums opens, and is reused', async () => {
  const at = await copy('old');
  for (const file of (await filesOf(at)).keys())
    if (basename(file) === 'checksums.json') await fsp.rm(join(at, file));
  said.length = 0;
  for (const name of ['eval', 'explore'])
    assert.ok((await CONSUMERS[name]({ at, paths: want.paths })) === outcomes[name], name);
  assert.is(content(await runIn(at)), content(want));
  assert.equal(said, []);
});

test.run();

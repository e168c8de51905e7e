// npm run bench:imagenet [-- --built --images DIR --model FILE --list]: what ImageNet-sized work takes, by a model that a
// simulation at 1/100 confirms (docs/performance.md). Each job is run at two small sizes, which give what a unit takes and what
// does not grow; before and after the simulation, since other guests change this machine's speed. The line through them says what
// 1/100 of the job must take (within 20 %, else this fails), and what all of it takes.
//   activations  1.28 million photographs, mixed3b_5x5, 10 vectors and 10 for reference each; at 1/100 the photographs of DIR
//                again and again, as hard links of other names
//   store        one pass of TopK training, d 96, F 768, over 100 million vectors; at 1/100 vectors that repeat
//   embeddings   TopK training, d 1536, F 9216, on 420,000 vectors, 4,100 steps of 1,024
// --list: names 1.28 million photographs in full and extracts one shard of a thousand: what each shard of many pays first.
import { spawn } from 'node:child_process';
import {
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from './build.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    built: { type: 'boolean', default: false },
    images: { type: 'string', default: '../shared/data/images' },
    model: { type: 'string', default: '../shared/data/googlenet/googlenet.safetensors' },
    dir: { type: 'string', default: tmpdir() },
    list: { type: 'boolean', default: false },
  },
});
if (!values.built) await build();
const { encodeNpy } = await import('../dist/src/formats/npy.js');
const { syntheticStore } = await import('./synthetic-store.mjs');

const dir = mkdtempSync(join(values.dir, 'curvesae-imagenet-'));
const at = (...names) => join(dir, ...names);
const failures = [];
const PEAK = `data:text/javascript,${encodeURIComponent(`
  import { readFileSync, writeSync } from 'node:fs';
  process.on('exit', () => {
    const { user, system } = process.cpuUsage();
    const held = /VmHWM:\\s*(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1];
    writeSync(3, JSON.stringify({ processor: (user + system) / 1e6, memory: held / 1024 }));
  });`)}`;

/** Runs a command in a process of its own: seconds of the wall and of processors, peak memory in MB, and its report. */
async function curvesae(args) {
  const started = performance.now();
  const child = spawn(
    process.execPath,
    ['--import', PEAK, 'dist/src/cli/main.js', ...args, '--quiet', '--json'],
    {
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    },
  );
  const text = { 1: '', 2: '', 3: '' };
  for (const fd of [1, 2, 3]) child.stdio[fd].on('data', (d) => (text[fd] += d));
  const code = await new Promise((done) => child.on('close', done));
  if (code !== 0) throw new Error(`${args[0]}: exit ${code}: ${text[2].slice(-500)}`);
  return {
    seconds: (performance.now() - started) / 1000,
    ...JSON.parse(text[3]),
    report: JSON.parse(text[1]),
  };
}

const bytesBelow = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath ?? entry.path, entry.name)).size, 0);

/** `n` photographs: those of the folder again and again, each under a name of its own. */
function photographs(n, name) {
  const folder = at(name);
  mkdirSync(folder);
  const files = readdirSync(values.images)
    .filter((f) => /\.jpe?g$/i.test(f))
    .sort();
  for (let i = 0; i < n; i++) {
    const file = files[i % files.length];
    linkOf(join(values.images, file), join(folder, `${String(i).padStart(8, '0')}-${file}`), i);
  }
  return folder;
}

const copies = new Map();
/** Hard links of a copy in our own folder; a file has 65,000 at most. */
function linkOf(source, to, i) {
  const copy = at('copies', String(i % 800));
  if (!copies.has(copy)) {
    mkdirSync(at('copies'), { recursive: true });
    writeFileSync(copy, readFileSync(source));
    copies.set(copy, true);
  }
  linkSync(copy, to);
}

let made = 0;
const JOBS = {
  activations: {
    ...{ full: 1_280_000, unit: 'photographs', small: [200, 800] },
    async run(n) {
      const name = `photographs-${made++}`;
      const out = at(`store-${made}`);
      const { report: _, ...took } = await curvesae([
        ...['activations', '--model', values.model, '--images', photographs(n, name), '--tap', 'mixed3b_5x5'],
        ...['--per-image', '10', '--reference', '10', '--out', out],
      ]);
      const disk = bytesBelow(out);
      rmSync(at(name), { recursive: true });
      rmSync(out, { recursive: true });
      return { ...took, disk };
    },
  },
  store: {
    // Beyond the 128 MiB of files that are kept in memory: what is larger is read once for its scale, and again to train on it.
    ...{ full: 100_000_000, unit: 'vectors', small: [500_000, 700_000] },
    async run(n) {
      const block = random(20_011 * 96);
      const images = Math.ceil(n / 9); // of ten images one is held out
      const store = await syntheticStore(at(`vectors-${made++}`), {
        images,
        perImage: 10,
        d: 96,
        files: Math.ceil(n / 84_000),
        block,
      });
      const { report: _, ...took } = await train(store, [
        '--k',
        '32',
        '--d-sae',
        '768',
        '--batch',
        '4096',
        '--steps',
        String(Math.round(n / 4096)),
      ]);
      const disk = bytesBelow(store);
      rmSync(store, { recursive: true });
      return { ...took, disk };
    },
  },
  embeddings: {
    ...{ full: 420_000, unit: 'vectors', small: [1100, 2200] },
    async run(n) {
      const file = at(`embeddings-${made++}.npy`);
      writeFileSync(file, encodeNpy([n, 1536], random(n * 1536)));
      const steps = Math.round((4100 * n) / 420_000);
      const { report: _, ...took } = await train(file, [
        '--k',
        '64',
        '--d-sae',
        '9216',
        '--batch',
        '1024',
        '--steps',
        String(steps),
      ]);
      const disk = statSync(file).size;
      rmSync(file);
      return { ...took, disk };
    },
  },
};

async function train(activations, flags) {
  const out = at(`sae-${made++}`);
  const done = await curvesae([
    'train',
    '--activations',
    activations,
    '--arch',
    'topk',
    ...flags,
    '--out',
    out,
  ]);
  rmSync(out, { recursive: true });
  return done;
}

function random(n) {
  const out = new Float32Array(n);
  let state = 1;
  for (let i = 0; i < n; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    out[i] = state / 2 ** 31 - 1;
  }
  return out;
}

const hours = (s) =>
  s < 120 ? `${s.toFixed(1)} s` : s < 7200 ? `${(s / 60).toFixed(1)} min` : `${(s / 3600).toFixed(1)} h`;
const size = (b) => (b < 1e9 ? `${(b / 1e6).toFixed(1)} MB` : `${(b / 1e9).toFixed(2)} GB`);

/** The line through what the two small sizes take. */
function lineOf(small, samples, key) {
  const mean = small.map((_, i) => samples[i].reduce((sum, s) => sum + s[key], 0) / samples[i].length);
  const slope = (mean[1] - mean[0]) / (small[1] - small[0]);
  return (n) => mean[0] + slope * (n - small[0]);
}

async function simulate(name, { full, unit, small, run }) {
  const samples = small.map(() => []);
  const measure = async () => {
    for (const [i, n] of small.entries()) samples[i].push(await run(n));
  };
  await measure();
  const found = await run(full / 100);
  await measure();
  console.log(`${name}: ${full / 100} ${unit}`);
  for (const [key, show, bound] of [
    ['processor', hours, 0.2],
    ['disk', size, 0.2],
    ['seconds', hours, Number.POSITIVE_INFINITY], // of a machine that others use, told and not judged
  ]) {
    const line = lineOf(small, samples, key);
    const off = found[key] / line(full / 100) - 1;
    const ok = Math.abs(off) <= bound;
    if (!ok) failures.push(`${name}: ${key}`);
    console.log(
      `  ${key.padEnd(9)} predicted ${show(line(full / 100))}, found ${show(found[key])} (${(100 * off).toFixed(1)} %${ok ? '' : ', MORE THAN 20 %'}); all of it: ${show(line(full))}`,
    );
  }
  const memory = [...samples.map((s) => Math.max(...s.map((x) => x.memory))), found.memory];
  console.log(
    `  memory    ${memory.map((m) => m.toFixed(0)).join(', ')} MB held at ${[...small, full / 100].join(', ')} ${unit}`,
  );
}

/** Naming 1.28 million photographs, which each shard does first, and a thousandth of them. */
async function namedInFull() {
  const all = photographs(1_280_000, 'all');
  const { seconds, processor, memory, report } = await curvesae([
    ...['activations', '--model', values.model, '--images', all, '--tap', 'mixed3b_5x5'],
    ...['--per-image', '10', '--reference', '10', '--shard', '500/1000', '--out', at('shard')],
  ]);
  const record = JSON.parse(readFileSync(join(report.store, 'shard.json')));
  console.log(
    `shard 500/1000 of 1,280,000 photographs: ${hours(seconds)} (${hours(processor)} of processors), of it ${hours(record.seconds)} its own ${report.images}; ${memory.toFixed(0)} MB held`,
  );
}

try {
  console.log(`${cpus()[0].model}, ${cpus().length} threads, Node ${process.version}`);
  for (const [name, job] of Object.entries(JOBS))
    if (!positionals.length || positionals.includes(name)) await simulate(name, job);
  if (values.list) await namedInFull();
} finally {
  rmSync(dir, { recursive: true, force: true });
}
console.log(failures.length ? `failed: ${failures.join('; ')}` : 'the model holds within 20 %');
process.exitCode = failures.length ? 1 : 0;

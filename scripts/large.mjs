// npm run test:large [-- --built --dir DIR PART...]: files beyond the 2 GiB that Node reads, writes and digests in one,
// through the command line: 2.5 GB of vectors through `encode` and back through `decode`, an SAE folder of
// 2.4 GB, a checkpoint of 3 GB that a stopped run goes on from, a store of 10^8 vectors in 1,085 files (as 1.28 million
// photographs have at mixed3b_5x5; narrow ones) that is opened, trained on, stopped and gone on with. Checks what comes out, prints the peak memory
// of each command and fails above its bound. Takes 14 GB of disk in DIR (the folder for temporary files).
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  createReadStream,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from './build.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { built: { type: 'boolean', default: false }, dir: { type: 'string', default: tmpdir() } },
});
if (!values.built) await build();
const { init, saveSae, nodeStorage, openSae, openVectors } = await import('../dist/src/bundled/node.js');
const { npyHead } = await import('../dist/src/formats/npy.js');
const { syntheticStore } = await import('./synthetic-store.mjs');
const { bytesOf } = await import('../dist/src/formats/pieces.js');

const MAIN = 'dist/src/cli/main.js';
/** Writes what the process held at most, in KiB, to its fourth stream. Linux counts this process to maxRSS, but not to VmHWM. */
const PEAK = `data:text/javascript,${encodeURIComponent(`
  import { existsSync, readFileSync, writeSync } from 'node:fs';
  const status = '/proc/self/status';
  const held = () => existsSync(status)
    ? /VmHWM:\\s*(\\d+)/.exec(readFileSync(status, 'utf8'))[1] : process.resourceUsage().maxRSS;
  process.on('exit', () => writeSync(3, String(held())));`)}`;
const GB = 1e9;
const failures = [];
const dir = mkdtempSync(join(values.dir, 'curvesae-large-'));
const at = (name) => join(dir, name);
const storage = nodeStorage(dir);

function check(ok, what) {
  if (ok) return;
  failures.push(what);
  console.log(`  WRONG: ${what}`);
}

/** Runs a command; `bound`: GB that it may hold. `stop`: whether to end it, asked now and then. */
async function curvesae(args, { bound, code = 0, stop }) {
  const started = Date.now();
  const child = spawn(process.execPath, ['--import', PEAK, MAIN, ...args, '--quiet'], {
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
  });
  let [stderr, peak] = ['', ''];
  child.stderr.on('data', (d) => (stderr += d));
  child.stdio[3].on('data', (d) => (peak += d));
  const asking = setInterval(() => {
    if (!stop?.()) return;
    clearInterval(asking);
    child.kill('SIGTERM');
  }, 50);
  const ended = await new Promise((done) => child.on('close', done));
  clearInterval(asking);
  const held = (1024 * Number(peak)) / GB;
  const seconds = ((Date.now() - started) / 1000).toFixed(0);
  console.log(`${args.slice(0, 2).join(' ').replace(dir, '')}: ${held.toFixed(2)} GB held, ${seconds} s`);
  if (ended !== code) throw new Error(`${args[0]}: exit ${ended}, not ${code}: ${stderr.slice(-500)}`);
  check(held > 0 && held <= bound, `${args[0]}: ${held} GB held, ${bound} are the bound`);
}

/** Floats [first, first + n) of a file whose data begin at `start`. */
function floats(file, start, first, n) {
  const out = new Float32Array(n);
  readSync(openSync(file), bytesOf(out), 0, 4 * n, start + 4 * first);
  return out;
}

/** Numbers from -1 to 1 that repeat after 2^32 of them. */
const number = (i) => (Math.imul(i + 1, 0x9e3779b1) >>> 0) / 2 ** 31 - 1;
const numbers = (n, from, scale) => {
  const out = new Float32Array(n);
  for (let i = 0; i < n; i++) out[i] = scale * number(from + i);
  return out;
};

const same = (a, b) => Buffer.compare(bytesOf(a), bytesOf(b)) === 0;

async function digest(file) {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) hash.update(chunk);
  return hash.digest('hex');
}

/** [n][d] as .npy; row r repeats after `period` rows. */
async function vectors(name, n, d, period) {
  const block = numbers(period * d, 7, 1);
  const head = npyHead([n, d]);
  await storage.write(name, {
    size: head.length + 4 * n * d,
    *pieces() {
      yield head;
      for (let row = 0; row < n; row += period)
        yield bytesOf(block.subarray(0, d * Math.min(period, n - row)));
    },
  });
  return { block, start: head.length };
}

async function saeFolder(name, d, f) {
  const tensors = {
    W_enc: { shape: [d, f], data: numbers(d * f, 1, 0.05) },
    b_enc: { shape: [f], data: numbers(f, 2, 0.1) },
    W_dec: { shape: [f, d], data: numbers(f * d, 3, 0.05) },
    b_dec: { shape: [d], data: numbers(d, 4, 0.1) },
  };
  await saveSae(storage.sub(name), { architecture: 'topk', dIn: d, dSae: f, k: 32 }, tensors, {});
  return tensors;
}

async function encodeAndDecode() {
  const [n, d, f, period] = [1_250_000, 512, 512, 10_007];
  const { block, start } = await vectors('x.npy', n, d, period);
  await saeFolder('narrow', d, f);
  await curvesae(['encode', at('narrow'), '--in', at('x.npy'), '--out', at('f.npy')], { bound: 0.6 });
  await curvesae(['decode', at('narrow'), '--in', at('f.npy'), '--out', at('y.npy')], { bound: 0.6 });
  check(statSync(at('f.npy')).size === start + 4 * n * f, 'size of the features');
  check(statSync(at('y.npy')).size === start + 4 * n * d, 'size of the reconstructions');
  const sae = await openSae(at('narrow'), { engine: await init() });
  for (const row of [0, 1_048_570, n - 8]) {
    const x = new Float32Array(8 * d);
    for (let i = 0; i < 8; i++) {
      const from = ((row + i) % period) * d;
      x.set(block.subarray(from, from + d), i * d);
    }
    const features = sae.encode(x);
    check(same(floats(at('f.npy'), start, row * f, 8 * f), features), `features of row ${row}`);
    check(
      same(floats(at('y.npy'), start, row * d, 8 * d), sae.decode(features)),
      `reconstruction of row ${row}`,
    );
  }
  sae.dispose();
  for (const name of ['x.npy', 'f.npy', 'y.npy']) rmSync(at(name));
}

async function wideSae() {
  const [d, f, n] = [2304, 131_072, 64];
  const { W_enc, b_enc, b_dec } = await saeFolder('wide', d, f);
  check(statSync(at('wide/sae_weights.safetensors')).size > 2 ** 31, 'size of the weights');
  const { block, start } = await vectors('w.npy', n, d, n);
  const encode = (sae, out) =>
    curvesae(['encode', at(sae), '--in', at('w.npy'), '--out', at(out)], { bound: 8 });
  await encode('wide', 'one.npy');
  const found = floats(at('one.npy'), start, f, f); // of the second vector
  const x = Float64Array.from(block.subarray(d, 2 * d), (v, j) => Math.fround(v - b_dec.data[j]));
  let active = 0;
  for (let i = 0; i < f; i++) {
    if (found[i] === 0) continue;
    active++;
    let sum = b_enc.data[i];
    for (let j = 0; j < d; j++) sum += x[j] * W_enc.data[j * f + i];
    check(Math.abs(sum - found[i]) < 1e-4 * sum, `latent ${i} of the wide SAE: ${found[i]}, not ${sum}`);
  }
  check(active === 32, `${active} active latents, not 32`);
  const convert = ['sae', 'convert', at('wide'), at('pt'), '--to', 'dictionary_learning'];
  await curvesae(convert, { bound: 8 });
  await encode('pt', 'two.npy');
  check((await digest(at('one.npy'))) === (await digest(at('two.npy'))), 'features after the conversion');
  for (const name of ['wide', 'pt', 'one.npy', 'two.npy']) rmSync(at(name), { recursive: true });
}

async function checkpoint() {
  await vectors('t.npy', 4096, 512, 4096);
  const train = (out) => [
    ...['train', '--activations', at('t.npy'), '--arch', 'topk', '--k', '32', '--d-sae', '250000'],
    ...['--batch', '256', '--steps', '3', '--checkpoint-every', '1', '--out', at(out)],
  ];
  const file = at('stopped/checkpoint.safetensors');
  await curvesae(train('stopped'), { bound: 6.5, code: 130, stop: () => existsSync(file) });
  const { size } = statSync(file);
  console.log(`  a checkpoint of ${(size / GB).toFixed(2)} GB`);
  check(size > 3e9, `a checkpoint of ${size} bytes`);
  await curvesae(train('stopped'), { bound: 6.5 });
  await curvesae(train('whole'), { bound: 6.5 });
  const [a, b] = await Promise.all(
    ['stopped', 'whole'].map((o) => digest(at(`${o}/sae_weights.safetensors`))),
  );
  check(a === b, 'weights of the run that was stopped');
  await vectors('few.npy', 8, 512, 8);
  await curvesae(['encode', at('stopped'), '--in', at('few.npy'), '--out', at('few-f.npy')], { bound: 6.5 });
}

/** Nothing of a store but its manifest, one group of files and one number a vector is ever in memory. */
async function manyVectors() {
  const [d, images, perImage] = [4, 10_000_000, 10];
  const block = numbers(1_000_003 * d, 5, 1);
  const store = await syntheticStore(at('store'), { images, perImage, d, files: 1085, block });
  const bytes = readdirSync(store).reduce((sum, name) => sum + statSync(join(store, name)).size, 0);
  const { size } = statSync(join(store, 'manifest.json'));
  console.log(`  a store of ${(bytes / GB).toFixed(2)} GB, its manifest ${(size / 1000).toFixed(0)} kB`);
  const before = process.cpuUsage();
  const vectors = await openVectors(store);
  const { user, system } = process.cpuUsage(before);
  const opening = (user + system) / 1000; // of the processor: others may use the machine
  console.log(
    `  opened in ${opening.toFixed(0)} ms of processor time: ${vectors.source('all').count} vectors`,
  );
  check(vectors.source('all').count === images * perImage, 'count of the vectors');
  check(opening < 1500, `${opening} ms to open it`);
  const train = (out) => [
    ...['train', '--activations', store, '--arch', 'topk', '--k', '2', '--d-sae', '16'],
    ...['--batch', '4096', '--steps', '600', '--checkpoint-every', '100', '--out', at(out)],
  ];
  const file = at('epoch/checkpoint.safetensors');
  await curvesae(train('epoch'), { bound: 1.5, code: 130, stop: () => existsSync(file) });
  await curvesae(train('epoch'), { bound: 1.5 });
  await curvesae(train('epoch-whole'), { bound: 1.5 });
  const [a, b] = await Promise.all(
    ['epoch', 'epoch-whole'].map((o) => digest(at(`${o}/sae_weights.safetensors`))),
  );
  check(a === b, 'weights of the run over 10^8 vectors that was stopped in the middle of a group');
  rmSync(at('store'), { recursive: true });
}

const PARTS = { store: manyVectors, encode: encodeAndDecode, wide: wideSae, checkpoint };
try {
  for (const [name, part] of Object.entries(PARTS))
    if (!positionals.length || positionals.includes(name)) await part();
} finally {
  rmSync(dir, { recursive: true, force: true });
}
console.log(failures.length ? `${failures.length} failures` : 'large files: all as they should be');
process.exitCode = failures.length ? 1 : 0;

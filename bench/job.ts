// npm run bench:job [-- --images DIR --model FILE --rounds N --json FILE]: the run on GoogLeNet, as a user starts it, and the
// same work in PyTorch, plainly and at its best here (bench/peers/torch_job.py says what it leaves out), in turn, each in a fresh process. Both must have
// done it: the neurons' answers to curves agree to 1e-3, and the autoencoders explain alike.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { openModel } from '../models/open.node.js';
import { columns } from '../src/bench/table.js';
import { type CurveResult, type Engine, init, type Model, tapInfo } from '../src/index.js';
import { shapes } from '../src/network/geometry.js';
import { imageInput } from '../src/network/ops/image.js';
import { DEFAULTS } from '../src/pipeline/defaults.js';
import { trainOptions } from '../src/pipeline/training.js';
import { resolveHyperparameters } from '../src/sae/settings.js';
import { DRAWS } from '../src/study/curves/controls.js';
import { placeStimulus } from '../src/study/curves/placement.js';
import { curveStimuli } from '../src/study/curves/tuning.js';
import { ROOT } from '../test/support/paths.js';
import { networkFiles } from './peers/network-files.js';

/** What one process did. Seconds, MB. */
interface Done {
  seconds: Record<string, number>;
  wall: number;
  memory: number;
  fvu: number;
  l0: number;
  /** Of the neurons that are curve detectors, by number. */
  peaks: Record<string, number>;
  version?: string;
}

const STAGES = ['activations', 'sae', 'eval', 'curves', 'controls', 'crops'];
/** Two autoencoders of other random numbers explain as much as each other to this share (docs/performance.md). */
const FVU_APART = 0.15;
const PEAKS_APART = 1e-3;

const say = (text: string): void => void process.stderr.write(`${text}\n`);

const MEMORY = `data:text/javascript,${encodeURIComponent(`
  import { readFileSync, writeSync } from 'node:fs';
  process.on('exit', () => writeSync(3, /VmHWM:\\s*(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]));`)}`;

/** A process to its end; what it wrote to its standard output and to file descriptor 3. */
async function ended(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<{ out: string; three: string; wall: number }> {
  const started = performance.now();
  const child = spawn(command, args, { env, cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe', 'pipe'] });
  const text = ['', '', '', ''];
  for (const fd of [1, 2, 3])
    child.stdio[fd]!.on('data', (d) => {
      text[fd] += d;
    });
  const code = await new Promise((done, fail) => {
    child.on('error', fail);
    child.on('close', done);
  });
  if (code !== 0) throw new Error(`${command}: exit ${code}: ${text[2].slice(-800)}`);
  return { out: text[1], three: text[3], wall: (performance.now() - started) / 1000 };
}

async function ours(model: string, images: string, folder: string): Promise<Done> {
  const out = join(folder, 'ours');
  const args = ['--model', model, '--images', images, '--out', out, '--json', '--quiet'];
  const { three, wall, ...told } = await ended(
    process.execPath,
    ['--import', MEMORY, 'dist/src/cli/main.js', 'run', ...args],
    process.env,
  );
  rmSync(out, { recursive: true });
  const result = JSON.parse(told.out);
  const { detectors } = (result.curves as CurveResult).neurons;
  const peaks = Object.fromEntries(detectors.map(({ unit, peak }) => [unit.split(':')[1], peak]));
  const { fvu, l0 } = result.sae;
  return { seconds: result.seconds, wall, memory: Number(three) / 1024, fvu, l0, peaks };
}

/** The environment without what makes an old BLAS slow here. */
function pythonEnvironment(): NodeJS.ProcessEnv {
  const { OPENBLAS_CORETYPE: _, OPENBLAS_L2_SIZE: __, ...env } = process.env;
  // PyTorch's threads are told their number; a BLAS that has threads besides makes them wait for each other.
  return { ...env, OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1', MALLOC_ARENA_MAX: '1' };
}

async function torch(python: string, spec: string, folder: string): Promise<Done> {
  const out = join(folder, 'torch');
  mkdirSync(out);
  const { wall, ...told } = await ended(python, ['bench/peers/torch_job.py', spec, out], pythonEnvironment());
  rmSync(out, { recursive: true });
  const { sae, ...rest } = JSON.parse(told.out);
  return { ...rest, ...sae, wall };
}

/** A python3 that has what the peer needs; undefined, with the reason said, where none does. */
async function findPython(): Promise<string | undefined> {
  for (const python of [process.env.PYTHON, 'python3', '/usr/bin/python3'])
    if (python)
      try {
        await ended(python, ['-c', 'import torch, PIL'], process.env);
        return python;
      } catch {}
  say(
    'skipped: no python3 with torch and PIL; e.g. apt-get install python3-torch python3-pil, or set PYTHON',
  );
  return undefined;
}

/** All that PyTorch is told, in files of `folder`: weights, pictures, what is drawn, the numbers of training. */
function writeSpec(
  engine: Engine,
  model: Model,
  files: string[],
  folder: string,
): (plain: boolean) => string {
  const { tap, perImage, reference, seeds, curves } = DEFAULTS;
  const info = tapInfo(model.description, tap);
  const { size, channels, mean } = imageInput(model.description);
  const { layers, sizes, tensors } = networkFiles(model, [tap], size, folder);
  const placement = placeStimulus(info, size, curves.pairing);
  const drawn = shapes(model.description, layers, placement.size, placement.size);
  const { arcs, lines } = curveStimuli(curves);
  const columnsOf = [...arcs, ...lines].map(({ stimulus, offset = 0 }) => {
    const normal = (stimulus.orientationDeg * Math.PI) / 180;
    const [x, y] = [engine.math.cos(normal), engine.math.sin(normal)];
    const { apex } = placement;
    const radius = stimulus.kind === 'curve' ? stimulus.radius : 0;
    const kind = stimulus.kind === 'curve' ? 0 : 1;
    return [kind, stimulus.orientationDeg, radius, apex + offset * x, apex + offset * y];
  });
  const h = resolveHyperparameters(trainOptions({}, info.channels, 0), info.channels);
  const spec = {
    ...{ layers, tap, tensors, images: files, size, channels, mean, perImage, reference, draws: DRAWS },
    ...{ shapes: Object.fromEntries(sizes), drawnShapes: Object.fromEntries(drawn) },
    ...{ drawnSize: placement.size, readAt: placement.index * drawn.get(tap)!.width + placement.index },
    ...{ lineWidth: curves.lineWidth, radii: curves.radii.length, arcs: arcs.length },
    stimuli: [0, 1, 2, 3, 4].map((i) => columnsOf.map((c) => c[i])),
    sae: {
      ...{ dSae: h.dSae, k: h.k, batch: DEFAULTS.batch, steps: DEFAULTS.steps, seeds, lr: h.lr },
      ...{ epsilon: h.epsilon, warmup: h.lrWarmup, decay: h.lrDecay, deadAfter: h.deadAfter },
      ...{ auxK: h.auxK, auxCoefficient: h.auxCoefficient, clip: h.clip },
    },
  };
  return (plain) => {
    const file = join(folder, `spec-${plain ? 'plain' : 'best'}.json`);
    writeFileSync(file, JSON.stringify({ ...spec, plain }));
    return file;
  };
}

/** Both have done the same work, or an error that says what differs. */
function check(own: Done, peer: Done): void {
  const apart = Math.abs(peer.fvu / own.fvu - 1);
  if (!(apart <= FVU_APART)) throw new Error(`FVU ${own.fvu} and ${peer.fvu}: not the same work`);
  const both = Object.keys(own.peaks).filter((unit) => unit in peer.peaks);
  if (both.length < 0.8 * Math.max(1, Object.keys(own.peaks).length))
    throw new Error(
      `${both.length} of ${Object.keys(own.peaks).length} curve detectors are those of PyTorch`,
    );
  for (const unit of both)
    if (!(Math.abs(peer.peaks[unit] / own.peaks[unit] - 1) <= PEAKS_APART))
      throw new Error(`neuron ${unit} answers ${own.peaks[unit]} and ${peer.peaks[unit]} to curves`);
}

const best = (v: readonly number[]): number => Math.min(...v);
const median = (v: readonly number[]): number => {
  const s = [...v].sort((a, b) => a - b);
  const half = s.length >> 1;
  return s.length % 2 ? s[half] : (s[half - 1] + s[half]) / 2;
};

/** `peers`: PyTorch's forms by name. */
function table(own: readonly Done[], peers: Record<string, readonly Done[]>): string {
  const cell = (v: readonly number[], digits: number): string =>
    v.every(Number.isFinite) ? `${best(v).toFixed(digits)} / ${median(v).toFixed(digits)}` : 'left out';
  const row = (name: string, of: (d: Done) => number, digits = 1): string[] => {
    const a = own.map(of);
    const cells = Object.values(peers).map((done) => {
      const b = done.map(of);
      if (!b.every(Number.isFinite)) return 'left out';
      return `${cell(b, digits)} (${(best(b) / best(a)).toFixed(2)}x)`;
    });
    return [name, cell(a, digits), ...cells];
  };
  return columns(
    [
      ['best / median', 'curvesae', ...Object.keys(peers).map((name) => `PyTorch, ${name}`)],
      ...STAGES.map((stage) => row(`${stage}, s`, ({ seconds }) => seconds[stage] ?? Number.NaN)),
      row('from start to end, s', ({ wall }) => wall),
      row('peak memory, MB', ({ memory }) => memory, 0),
      row('FVU, held out', ({ fvu }) => fvu, 4),
      row('L0, held out', ({ l0 }) => l0, 2),
    ],
    1,
  );
}

const { values } = parseArgs({
  options: {
    images: { type: 'string', default: '../shared/data/images' },
    model: { type: 'string', default: '../shared/data/googlenet/googlenet.safetensors' },
    rounds: { type: 'string', default: '2' },
    json: { type: 'string' },
  },
});
const folder = mkdtempSync(join(tmpdir(), 'curvesae-job-'));
try {
  const [model, images] = [resolve(values.model), resolve(values.images)];
  const missing = [model, images].find((file) => !existsSync(file));
  if (missing)
    say(`skipped: ${missing} is not there; name weights and photographs with --model and --images`);
  const python = missing ? undefined : await findPython();
  if (python) {
    const engine = await init();
    const files = readdirSync(images)
      .filter((f) => /\.jpe?g$/i.test(f))
      .sort()
      .map((f) => join(images, f));
    const spec = writeSpec(engine, await openModel(model, engine.math, ''), files, folder);
    const own: Done[] = [];
    const peers: Record<string, Done[]> = { 'at best': [], plain: [] };
    for (let r = 0; r < Number(values.rounds); r++) {
      own.push(await ours(model, images, folder));
      for (const [form, done] of Object.entries(peers)) {
        done.push(await torch(python, spec(form === 'plain'), folder));
        say(
          `round ${r + 1}: curvesae ${own[r].wall.toFixed(1)} s, PyTorch, ${form} ${done[r].wall.toFixed(1)} s`,
        );
        check(own[r], done[r]);
      }
    }
    const here = `${cpus()[0].model}, ${availableParallelism()} threads, Node ${process.versions.node}, PyTorch ${peers.plain[0].version}`;
    process.stdout.write(`${here}; ${files.length} photographs\n${table(own, peers)}\n`);
    if (values.json) writeFileSync(values.json, `${JSON.stringify({ ours: own, ...peers }, undefined, 1)}\n`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

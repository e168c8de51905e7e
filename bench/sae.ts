// One training step (gradients, clipping, Adam, unit rows) of each architecture on random
// data, against PyTorch; the encoder's product in f32 alone, which screening does without; and
// eight SAEs on one stream against eight runs of their own. Without k about 2 % of the latents
// fire (src/bench/sae-step.ts): L0 is 62 at F = 3072 and 155 at F = 7680.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BATCH, LARGE, type PreparedStep, prepareStep, SMALL, stepName } from '../src/bench/sae-step.js';
import type { Environment as Context, Impl, Work } from '../src/bench/types.js';
import {
  type Engine,
  init,
  Rng,
  resolveHyperparameters,
  type TrainOptions,
  trainMany,
  trainSae,
} from '../src/index.js';
import { listParameters, readParameter } from '../src/sae/memory.js';
import { matrixVectors } from '../src/vectors/matrix.js';
import { ROOT } from '../test/support/paths.js';
import { PythonPeer } from './peers/python.js';
import { tfjsStep } from './peers/tfjs-sae.js';

interface Case {
  arch: string;
  size: { d: number; f: number };
  /** 2048 unless given. */
  batch?: number;
  settings?: Partial<TrainOptions>;
}

const CASES: Case[] = [
  ...[SMALL, LARGE].flatMap((size) => [
    { arch: 'topk', size, settings: { k: 32 } },
    { arch: 'relu', size, settings: { l1: 1 } },
    { arch: 'gated', size, settings: { l1: 1 } },
  ]),
  { arch: 'relu-unit', size: SMALL, settings: { l1: 1 } },
  { arch: 'batchtopk', size: SMALL, settings: { k: 32 } },
  { arch: 'matryoshka', size: SMALL, settings: { k: 32 } },
  { arch: 'jumprelu', size: SMALL, settings: { l1: 1, penalty: 'step' } },
  // SAE64 of O'Neill et al. 2024 on text embeddings.
  { arch: 'topk', size: { d: 1536, f: 9216 }, batch: 1024, settings: { k: 64 } },
];

export async function sae(context: Context): Promise<Work[]> {
  const engine = await init();
  const torch = await PythonPeer.start(join(ROOT, 'bench/peers/torch_sae.py'), context.say);
  const works: Work[] = [];
  for (const c of CASES) works.push(await stepWork(c, engine, context, torch));
  works.push(await streamWork(engine, context));
  // The last work takes the child process with it.
  works[works.length - 1].impls[0].dispose = () => torch?.stop();
  return works;
}

async function stepWork(
  { arch, size: { d, f }, batch = BATCH, settings }: Case,
  engine: Engine,
  context: Context,
  torch: PythonPeer | undefined,
): Promise<Work> {
  const { build } = engine.info();
  const row = { version: context.version, build, threads: 1, batch };
  const h = resolveHyperparameters(
    { architecture: arch, dSae: f, batch, steps: 1000, seed: 0, ...settings },
    d,
  );
  const files = mkdtempSync(join(tmpdir(), 'curvesae-bench-'));
  let prepared: PreparedStep | undefined;
  let last = { loss: 0, norm: 0 };
  /** Memory is taken when the work begins: all of them together would not fit. */
  const prepare = (): PreparedStep => {
    prepared ??= prepareStep(engine, { arch, d, f, batch, settings });
    return prepared;
  };
  const ours: Impl = {
    impl: 'curvesae',
    ...row,
    run: () => {
      last = prepare().run();
    },
    output: () => [last.loss, last.norm],
    dispose: () => {
      prepared?.core.dispose();
      prepared = undefined;
      rmSync(files, { recursive: true, force: true });
    },
  };
  const impls = [ours];
  if (arch === 'topk') impls.push(encoderProduct(prepare, { d, f, batch }, row));
  if (torch)
    for (const form of arch === 'topk' ? ['bag', 'dense'] : ['dense'])
      impls.push(torchStep(torch, form, { arch, batch, h, files, prepare }));
  if (d === SMALL.d && (arch === 'topk' || arch === 'relu')) {
    const tensors = () => {
      const { core, step } = prepare();
      const { wEnc, wDec, bEnc, bDec } = step.parameters;
      const x = core.f32(step.x, batch * d).slice();
      const [W_enc, W_dec, b_enc, b_dec] = [wEnc, wDec, bEnc, bDec].map((p) => readParameter(core, p));
      return { W_enc, W_dec, b_enc, b_dec, x };
    };
    const { k = 0, l1 = 0 } = h;
    const peer = await tfjsStep({ arch, d, f, batch, k, l1, tensors }, context.say);
    if (peer) impls.push(peer);
  }
  return { work: stepName({ arch, d, f, batch }), tolerance: 1e-3, impls };
}

function encoderProduct(
  prepare: () => PreparedStep,
  { d, f, batch }: { d: number; f: number; batch: number },
  row: Pick<Impl, 'version' | 'build' | 'threads' | 'batch'>,
): Impl {
  // All samples at once would leave the cache, as no step does.
  const tile = 64;
  let buffers: { panels: number; pre: number; interleaved: number } | undefined;
  return {
    impl: 'f32 encoder product alone',
    ...row,
    run: () => {
      const { core, step } = prepare();
      buffers ??= {
        panels: core.put(core.f32(step.x, tile * d).slice()),
        pre: core.alloc32(tile * f),
        interleaved: core.alloc32(32 * d),
      };
      const { wEnc, bEnc } = step.parameters;
      for (let at = 0; at < batch; at += tile)
        core.kernels.f32_sae_encode_4x8({
          panels: buffers.panels,
          panelCount: tile / 8,
          wEnc: wEnc.ptr,
          bias: bEnc.ptr,
          out: buffers.pre,
          d,
          f,
          block: 32,
          scratch: buffers.interleaved,
        });
    },
  };
}

function torchStep(
  torch: PythonPeer,
  form: string,
  {
    arch,
    batch,
    h,
    files,
    prepare,
  }: {
    arch: string;
    batch: number;
    h: ReturnType<typeof resolveHyperparameters>;
    files: string;
    prepare: () => PreparedStep;
  },
): Impl {
  const id = `${arch}-${h.dSae}-${form}`;
  let ready = false;
  let last: Record<string, unknown> = {};
  const setup = async () => {
    const { core, step } = prepare();
    const tensors: Record<string, [string, number[]]> = {};
    const save = (name: string, data: Float32Array, shape: number[]) => {
      const file = join(files, `${form}-${name}`);
      writeFileSync(file, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
      tensors[name] = [file, shape];
    };
    for (const p of listParameters(step.parameters))
      save(p.name, readParameter(core, p), p.rows === 1 ? [p.columns] : [p.rows, p.columns]);
    save('x', core.f32(step.x, batch * h.dIn).slice(), [batch, h.dIn]);
    const { k = 0, l1 = 0, groups = [], bandwidth = 0 } = h;
    await torch.ask({ do: 'setup', id, arch, form, k, l1, groups, bandwidth, tensors });
    ready = true;
  };
  return {
    impl: form === 'bag' ? 'pytorch, embedding_bag' : 'pytorch, dense',
    version: torch.version,
    build: 'cpu',
    threads: 1,
    batch,
    run: async () => {
      if (!ready) await setup();
      last = await torch.ask({ do: 'step', id });
    },
    output: () => [Number(last.loss), Number(last.norm)],
    dispose: () => torch.ask({ do: 'forget', id }),
  };
}

/** Eight small SAEs on one stream, and one after the other. */
async function streamWork(engine: Engine, context: Context): Promise<Work> {
  const rng = new Rng(2);
  const [n, d] = [40_000, 96];
  const data = Float32Array.from({ length: n * d }, () => rng.normal(engine.math));
  const source = matrixVectors({ label: 'random', hash: 'random', shape: [n, d], data }, 'all');
  const jobs = Array.from({ length: 8 }, (_, i) => ({
    options: { architecture: 'topk', dSae: 192, k: 2 + i, batch: 1024, steps: 40, seed: 0 },
  }));
  const row = { version: context.version, build: engine.info().build, threads: 1, batch: 1024 };
  return {
    work: 'sae eight runs of 40 steps, d=96 F=192',
    tolerance: 0,
    impls: [
      { impl: 'curvesae', ...row, run: () => trainMany(engine, source, jobs) },
      {
        impl: 'one after the other',
        ...row,
        run: async () => {
          for (const { options } of jobs) await trainSae(engine, source, options);
        },
      },
    ],
  };
}

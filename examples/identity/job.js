// One job for every runtime: what it returns must be the same text everywhere. Nothing but the
// public API; the caller says how files are read and which pool and decoder the runtime has.
import {
  architectureNames,
  CURVE_DEFAULTS,
  createSession,
  description,
  embeddedModel,
  init,
  LoadedSae,
  matrixVectors,
  measureCurve,
  modelFromTensors,
  parameterShapes,
  prepareImage,
  proceduralImage,
  Rng,
  studyCurves,
  tapInfo,
  taps,
  trainMany,
  tuningCurves,
} from 'curvesae';

const TAP = 'mixed3b_5x5';
const PICTURES = ['photo.jpg', 'photo.png'];

/** First 16 hex digits of SHA-256 over arrays and texts, in order. */
async function hashOf(parts) {
  const bytes = parts.map((part) =>
    typeof part === 'string'
      ? new TextEncoder().encode(part)
      : new Uint8Array(part.buffer, part.byteOffset, part.byteLength),
  );
  const all = new Uint8Array(bytes.reduce((n, b) => n + b.length, 0));
  let at = 0;
  for (const b of bytes) {
    all.set(b, at);
    at += b.length;
  }
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', all));
  return Array.from(digest.subarray(0, 8), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** GoogLeNet, input to softmax, with random weights of a seed: no file to load. */
function randomGoogLeNet() {
  const rng = new Rng(1);
  const tensors = new Map();
  const uniform = (n, scale) => Float32Array.from({ length: n }, () => (2 * rng.uniform() - 1) * scale);
  for (const [layer, { weight, bias }] of parameterShapes(description('googlenet'))) {
    const n = weight.reduce((a, b) => a * b);
    const values = { weight: uniform(n, Math.sqrt((6 * weight[0]) / n)), bias: uniform(bias[0], 0.1) };
    for (const [name, shape] of Object.entries({ weight, bias }))
      tensors.set(`${layer}.${name}`, { shape, f32: () => values[name] });
  }
  return modelFromTensors(tensors, { name: 'random', sha256: '', architecture: 'googlenet' });
}

/** Every position of the tap on procedural pictures, [n][d]. */
function vectors(engine, model) {
  const session = createSession(engine, model, { height: 96, width: 96, taps: [TAP] });
  const { width, height, channels: d } = session.info(TAP);
  const data = new Float32Array(8 * width * height * d);
  for (let i = 0; i < 8; i++) {
    session.run(Float32Array.from(proceduralImage(engine.math, 7, i, 96).data));
    data.set(session.tap(TAP), i * width * height * d);
  }
  session.dispose();
  return { shape: [data.length / d, d], data };
}

/** 200 steps of each architecture on one stream. */
async function train(engine, { shape, data }) {
  const source = matrixVectors({ label: 'vectors', hash: 'identity', shape, data }, 'train');
  const results = new Map();
  const jobs = architectureNames().map((architecture) => ({
    options: { architecture, dSae: 128, batch: 64, steps: 200, seed: 3 },
    onDone: async (result) => void results.set(architecture, result),
  }));
  const errors = (await trainMany(engine, source, jobs)).filter(Boolean);
  if (errors.length) throw errors[0];
  return results;
}

async function curves(engine, model, pool, sae) {
  const { units, features } = await tuningCurves({
    pool,
    tap: TAP,
    info: tapInfo(model.description, TAP),
    fullSize: model.description.inputs[0].size,
    options: { ...CURVE_DEFAULTS, orientations: 36, radii: [30] },
    encoder: { features: sae.config.dSae, encode: (x, n) => sae.encode(x, n) },
  });
  // No photographs here: every unit counts as one that they fire as strongly as curves do.
  const population = (curves) => ({
    names: curves.map((_, i) => `${TAP}:${i}`),
    curves,
    statistics: {
      percentile999: Float32Array.from(curves, (curve) => Math.max(...curve)),
      density: new Float32Array(curves.length).fill(1),
      vectors: 1000,
    },
  });
  const result = studyCurves({
    math: engine.math,
    neurons: population(units),
    features: { ...population(features), decoder: sae.tensors.W_dec.data },
  });
  const measures = units.map((curve) => measureCurve(engine.math, curve));
  return [...units, ...features, JSON.stringify(result), JSON.stringify(measures)];
}

/**
 * @param read (name) => bytes of a file beside this one
 * @param decode decodeImage of 'curvesae', or of 'curvesae/node'
 * @param createPool webPool of 'curvesae', or nodePool of 'curvesae/node'
 * @returns lines `stage hash`; the curve study has to have one hash for all numbers of workers
 */
export async function identity({ read, decode, createPool, build = 'simd', workers = [1] }) {
  const lines = [];
  const stage = async (name, parts) => lines.push(`${name} ${await hashOf(parts)}`);
  const engine = await init({ build });
  const core = engine.acquire();
  const inputs = [];
  for (const name of PICTURES) {
    const picture = await decode(await read(name), name);
    inputs.push(prepareImage(core, picture, 224));
    await stage(`decode ${name}`, [String([picture.width, picture.height]), picture.data]);
  }
  await stage('preprocess', inputs);

  const network = randomGoogLeNet();
  const every = taps(network.description);
  const session = createSession(engine, network, { taps: every });
  const tensors = [];
  for (const input of inputs) {
    session.run(input);
    for (const tap of every) tensors.push(tap, session.tap(tap));
  }
  session.dispose();
  await stage(`GoogLeNet, ${every.length} taps`, tensors);

  const model = await embeddedModel(engine.math);
  const results = await train(engine, vectors(engine, model));
  for (const [architecture, { tensors, log }] of results)
    await stage(`200 steps of ${architecture}`, [
      ...Object.keys(tensors)
        .sort()
        .flatMap((name) => [name, tensors[name].data]),
      JSON.stringify(log.map(({ step, loss }) => [step, loss])),
    ]);

  const { config, tensors: trained } = results.get('topk');
  const sae = new LoadedSae(engine, config, trained);
  const hashes = new Set();
  for (const count of workers) {
    const pooled = await init({ build, workers: count });
    const pool = createPool(pooled, model);
    hashes.add(await hashOf(await curves(engine, model, pool, sae)));
    pool.dispose();
    pooled.dispose();
  }
  lines.push(`curve study ${[...hashes].join(' is not ')}`);
  engine.dispose();
  return lines;
}

// The disentangling study in a folder: frozen probes, the two ends of the scale, and one part for each mask, named by
// what made it, so that a repeated call takes what is finished and trains the rest.
import type { Engine } from '../core/engine.js';
import { sha256, shortHash } from '../core/hash.js';
import type { TaskData, VisionEntities } from '../study/disentangle/materials.js';
import { nearestProbe } from '../study/disentangle/nearest.js';
import { answerOf, logitsOf, trainProbe } from '../study/disentangle/probes.js';
import { type ReadOut, readAttributes } from '../study/disentangle/result.js';
import type { EndsPayload, MaskPayload, ReadPayload } from '../study/disentangle/tasks.js';
import type { Attribute, EntitySplit, MaskOptions, Probe, ReadoutKind } from '../study/disentangle/types.js';
import { picked } from '../vectors/matrix.js';
import {
  digest,
  digestOf,
  kernelsOf,
  type Making,
  type MaskStudy,
  type OwnParts,
  part,
  partCount,
  partOf,
  plain,
  type StudyInParts,
  trainedParts,
} from './disentangle-parts.js';

export interface Disentangling extends MaskStudy {
  /** What is disentangled, without the probes that are trained here. */
  data: Omit<TaskData, 'probes'>;
  /** Identity of the network and of the vectors, as far as `data` does not say it. */
  origin: object;
  /** `probes` unless given. */
  readout?: ReadoutKind;
  options: Omit<MaskOptions, 'seed'>;
  /** Held-out pairs that each mask is judged on. */
  pairs: number;
}

/** Pictures whose readings are one task. */
const SLICE = 40;

export async function disentangling(of: Disentangling): Promise<StudyInParts> {
  const { engine, data, origin, methods, options, seed, seeds, pairs } = of;
  const { attributes, split, sae } = data;
  const entities =
    data.entities.kind === 'vision'
      ? plain({ ...data.entities, pictures: await named(data.entities.pictures) })
      : await digest(data.entities.x, data.entities.d);
  const kernels = kernelsOf(engine.info());
  const key = await shortHash({ entities, origin, kernels });
  const facts = {
    entities: key,
    attributes: attributes.map(plain),
    split: plain(split),
    format: 1,
    ...kindOf(of),
  };
  const weights = sae && (await digestOf(sae.tensors));
  const names = methods.map(({ name }) => name);
  return {
    identity: { facts, weights: weights ?? null, methods: names, options, seed, seeds, pairs },
    count: partCount(of, attributes.length),
    async whole() {
      const { readout, ends, rows } = await trained(of, { key, facts, weights });
      return partOf(rows, readAttributes(attributes, readout, ends));
    },
    async some(out, own) {
      await trained({ ...of, out }, { key, facts, weights }, own);
    },
  };
}

async function trained(
  of: Disentangling,
  { key, facts, weights }: { key: string; facts: object; weights: string | undefined },
  own?: OwnParts,
) {
  const { data, progress, pairs } = of;
  const { attributes } = data;
  progress.start('read-out');
  const readout = withProbes(await part(of, 'readout', facts, () => readOut(of, key)));
  progress.finish(
    attributes
      .map(
        ({ name }, a) => `${name} ${readout.accuracy[a].toFixed(2)} (chance ${readout.chance[a].toFixed(2)})`,
      )
      .join(', '),
  );
  const payload = {
    data: { ...data, probes: readout.probes },
    keys: { data: await shortHash({ facts, weights }), entities: key },
    pairs,
  };
  const making: Making<MaskOptions> = {
    attributes: attributes.map(({ name }) => name),
    facts: { ...facts, pairs },
    weights,
    optionsOf: (seed) => ({ ...of.options, seed }),
    ends: (seed) => ['disentangle-ends', { ...payload, seed } satisfies EndsPayload],
    mask: (method, attribute, options) => [
      'disentangle-mask',
      { ...payload, method, attribute, options } satisfies MaskPayload,
    ],
  };
  return { readout, ...(await trainedParts(of, making, own)) };
}

/** Parts made with probes, which had no name before there was another read-out, keep theirs. */
const kindOf = ({ readout }: Pick<Disentangling, 'readout'>) => (readout === 'nearest' ? { readout } : {});

/** Read-outs as they were before they were JSON: numbers of f32. */
const withProbes = (readout: ReadOut): ReadOut => ({
  ...readout,
  probes: readout.probes.map((probe) =>
    'neighbours' in probe
      ? {
          ...probe,
          neighbours: Float32Array.from(probe.neighbours),
          labels: Int32Array.from(probe.labels),
        }
      : { weight: Float32Array.from(probe.weight), bias: Float32Array.from(probe.bias) },
  ),
});

/** Patches by what they hold; curves are numbers already. */
const named = (pictures: VisionEntities['pictures']): Promise<object[]> =>
  Promise.all(
    pictures.map(async (picture) =>
      'pixels' in picture ? { patch: await sha256(picture.pixels) } : picture,
    ),
  );

async function readOut(
  { engine, pool, data, signal, readout }: Disentangling,
  key: string,
): Promise<ReadOut> {
  const { entities, attributes, split } = data;
  if (entities.kind === 'vectors')
    return probesOf(engine, attributes, split, entities.x, entities.d, readout);
  const slices: Float32Array[] = [];
  const starts = Array.from({ length: Math.ceil(entities.pictures.length / SLICE) }, (_, i) => i * SLICE);
  await pool.mapOrdered<number, Float32Array>(
    starts,
    (from) => {
      const to = Math.min(entities.pictures.length, from + SLICE);
      return { name: 'disentangle-read', payload: { entities, key, from, to } satisfies ReadPayload };
    },
    (slice) => void slices.push(slice),
    { ahead: 1, signal },
  );
  const width = slices[0].length / Math.min(SLICE, entities.pictures.length);
  const x = new Float32Array(width * entities.pictures.length);
  for (const [i, slice] of slices.entries()) x.set(slice, starts[i] * width);
  return probesOf(engine, attributes, split, x, width, readout);
}

function probesOf(
  engine: Engine,
  attributes: readonly Attribute[],
  { train, test }: EntitySplit,
  x: Float32Array,
  width: number,
  kind: ReadoutKind = 'probes',
): ReadOut {
  const seen = picked(x, train, width);
  const probes = attributes.map((attribute) =>
    kind === 'nearest'
      ? nearestProbe(seen, width, train, attribute)
      : trainProbe(engine, seen, width, train, attribute),
  );
  const right = ({ labels }: Attribute, answer: (i: number) => number) =>
    test.filter((i) => answer(i) === labels[i]).length / test.length;
  const answers = (probe: Probe) => (i: number) =>
    answerOf(logitsOf(probe, x.subarray(i * width, (i + 1) * width)));
  return {
    probes,
    accuracy: attributes.map((attribute, a) => right(attribute, answers(probes[a]))),
    chance: attributes.map((attribute) => {
      const common = commonest(attribute, train);
      return right(attribute, () => common);
    }),
  };
}

function commonest({ classes, labels }: Attribute, rows: Int32Array): number {
  const counts = new Int32Array(classes.length);
  for (const i of rows) counts[labels[i]]++;
  return counts.indexOf(counts.reduce((a, b) => Math.max(a, b)));
}

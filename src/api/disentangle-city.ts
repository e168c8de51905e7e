// The city task of `disentangle`: pairs of prompts before a network that reads text.
import { PUBLIC_GPT2 } from '../../models/public-weights.js';
import { UsageError } from '../core/errors.js';
import { cutAt } from '../network/tail.js';
import { cityStudy } from '../pipeline/disentangle-city.js';
import type { DisentangledPart, StudyInParts } from '../pipeline/disentangle-parts.js';
import { type CitySplit, citySplit } from '../study/disentangle/city/city.js';
import { ANSWER } from '../study/disentangle/city/reading.js';
import { checkMethod, type Method } from '../study/disentangle/methods.js';
import type { DisentangleResult } from '../study/disentangle/result.js';
import type { Call } from './call.js';
import { checkWidth, reachableTap } from './checks.js';
import { promptSets } from './city.js';
import { type Asked, explorerAddress, ofTask, USUAL, type UseOfStudies } from './disentangle-options.js';
import type { OpenedSae } from './open-sae.js';
import type { Platform } from './platform.js';
import { VERSION } from './version.js';

/** SHA-256 of GPT-2 small's weights, as the paper used them. */
const PUBLISHED_WEIGHTS = PUBLIC_GPT2.files.find(({ keep }) => keep === 'gpt2.safetensors')!.hex;

/** Of several taps: rows say theirs, and each attribute stands by itself at each of them. */
function byTap(parts: readonly (readonly [tap: string, part: DisentangledPart])[]): DisentangledPart {
  const [[, first]] = parts;
  if (parts.length === 1) return first;
  const at = (name: string, tap: string): string => `${name} at ${tap}`;
  return {
    // A no-op is one at every tap.
    baseline: first.baseline,
    rows: parts.flatMap(([tap, { rows }]) => rows.map((row) => ({ ...row, tap }))),
    summary: parts.flatMap(([tap, { summary }]) =>
      summary.map((own) => ({ ...own, attribute: at(own.attribute, tap), tap })),
    ),
    attributes: Object.fromEntries(
      Object.keys(first.attributes).flatMap((name) =>
        parts.map(([tap, { attributes }]) => [at(name, tap), attributes[name]]),
      ),
    ),
  };
}

/** Says which of several taps is studied. */
const named = (study: StudyInParts, tap: string, { log }: Call): StudyInParts => ({
  ...study,
  whole() {
    log(tap);
    return study.whole();
  },
});

export async function inCity<T>(
  platform: Platform,
  call: Call,
  o: Asked,
  methods: Method[],
  sae: OpenedSae | undefined,
  use: UseOfStudies<T>,
): Promise<T> {
  ofTask('city', { in: o.in, meta: o.meta, group: o.group, read: o.read, attributes: o.attributes });
  ofTask('city', { entities: o.entities, steps: o.steps, images: o.images, readout: o.readout });
  const { engine, signal } = call;
  const model = await platform.openModel(o.model, engine.math, { signal });
  const taps = o.tap?.split(',') ?? (sae?.tap === undefined ? [] : [sae.tap]);
  if (!taps.length)
    throw new UsageError(
      'disentangle: the city task needs --tap, as blocks.5.hook_resid_post, or an SAE of one',
    );
  if (new Set(taps).size !== taps.length) throw new UsageError(`--tap ${o.tap}: names a tap twice`);
  for (const tap of taps) {
    const { channels: d } = reachableTap(model, tap);
    cutAt(model.description, tap);
    if (sae) checkWidth(`tap ${tap}`, d, sae.config.dIn);
    for (const method of methods) checkMethod(method, { d, sae: sae !== undefined, truth: false });
  }
  const asked = { ...o, batch: o.batch ?? USUAL.batch.city };
  const { sets, files } = await promptSets(platform, model, asked);
  const split = citySplit(
    sets.map(({ pairs }) => pairs),
    asked.batch,
    o.seed,
  );
  const pairs = (batches: CitySplit['train']) => batches.reduce((n, batch) => n + batch.pairs.length, 0);
  await platform.ensureFolder(o.out);
  const out = platform.storage(o.out);
  const pool = await platform.pool(engine, model, call.warn);
  const { epochs, patch, position, rate, seed, seeds } = o;
  try {
    const studies: StudyInParts[] = [];
    for (const tap of taps) {
      const study = await cityStudy({
        ...{ engine, pool, out, signal, methods, seed, seeds, progress: call.stages },
        data: { tap, at: position, sets, ...(sae && { sae: { config: sae.config, tensors: sae.tensors } }) },
        origin: { weights: model.sha256 },
        options: { epochs, batch: asked.batch, rate, patch },
      });
      studies.push(taps.length > 1 ? named(study, tap, call) : study);
    }
    const result = (parts: readonly DisentangledPart[]): DisentangleResult => {
      const { baseline, rows, summary, attributes } = byTap(taps.map((tap, i) => [tap, parts[i]]));
      return {
        ...{
          task: o.task,
          tap: taps.join(','),
          baseline,
          rows,
          readout: { read: ANSWER, attributes },
          summary,
        },
        settings: {
          ...{
            model: model.name,
            sae: sae?.label ?? null,
            hidden: null,
            size: null,
            beside: null,
            readout: null,
          },
          explorer: explorerAddress(o),
          entities: { train: pairs(split.train), test: pairs(split.test) },
          ...{
            seeds,
            steps: epochs * split.train.length,
            batch: asked.batch,
            rate,
            pairs: pairs(split.test),
            seed,
          },
          city: {
            prompts: Object.fromEntries(
              sets.map(({ name, prompts, pairs: own }, i) => [
                name,
                { file: files[i], prompts: prompts.length, tokens: prompts[0].length, pairs: own.length },
              ]),
            ),
            ...{ position, epochs, patch, published: model.sha256 === PUBLISHED_WEIGHTS },
          },
        },
        version: VERSION,
      };
    };
    return await use(o, call, { studies, result });
  } finally {
    pool.dispose();
  }
}

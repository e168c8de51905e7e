// The strongest places of some units, cropped to their receptive fields: for pages that show what a unit sees.
import type { TapInfo } from '../network/types.js';
import type { DecomposedUnit } from '../study/decompose/types.js';
import type { CropsOfUnits, UnitCrops } from '../study/examples/crops.js';
import { fieldsOf } from '../study/examples/fields.js';
import { spotsOf } from '../study/examples/spots.js';
import { parseUnit, type Unit } from '../units/unit.js';
import { type CollectedExamples, collectExamples, type ExamplesJob } from './examples.js';
import { contentsOf } from './sheets.js';

const NO_TEXT = { title: '', facts: '', captions: [] };

/** `sets` are those of `job`; `most`: crops of each unit. */
export async function cropsOf(
  job: ExamplesJob & { info: TapInfo },
  sets: CollectedExamples['sets'],
  units: readonly (Unit & { name: string })[],
  most: number,
): Promise<CropsOfUnits> {
  const { info, model, images } = job;
  const fields = fieldsOf(model.description, info);
  const plans = units.map(({ name, kind, index }) => {
    const { top } = spotsOf(sets[kind]!, index, { levels: 1, each: most });
    const field = kind === 'neurons' ? fields[index] : info.field;
    return { name, field, rows: [top.slice(0, most)], text: NO_TEXT };
  });
  const contents = await contentsOf(job, plans, () => {});
  const tile = contents[0]?.tile ?? 0;
  const crops = plans.map(({ name, rows: [spots] }, i): [string, UnitCrops] => {
    const tiles = new Uint8Array(spots.length * tile * tile * 3);
    for (const [t, { pixels }] of contents[i].rows[0].entries()) tiles.set(pixels, t * pixels.length);
    return [name, { spots, tiles }];
  });
  return {
    ...{ tile, places: images.length * info.height * info.width, units: new Map(crops) },
    random: { spots: [], tiles: new Uint8Array(0) },
  };
}

/** Units and parts of each that are shown with crops, and crops of each. */
const SHOWN = { units: 24, parts: 6, crops: 4 };

/**
 * Of the first units of a decomposition and of their parts. Of sums of two hidden neurons, which have no place of their own
 * in the tap, those of the two.
 */
export async function partCrops(
  job: Omit<ExamplesJob, 'levels' | 'before' | 'near' | 'each'> & { info: TapInfo },
  units: readonly Pick<DecomposedUnit, 'unit' | 'planted' | 'parts'>[],
): Promise<CropsOfUnits> {
  const { info, ...rest } = job;
  const examples = strongestAlone({ ...rest, each: SHOWN.crops });
  const { sets } = await collectExamples(examples);
  const names = units
    .slice(0, SHOWN.units)
    .flatMap(({ unit, planted, parts }) => [
      ...(planted ?? [unit]),
      ...parts.slice(0, SHOWN.parts).map(({ feature }) => feature),
    ]);
  const wanted = [...new Set(names)].map((name) => ({ ...parseUnit(name)!, name }));
  return cropsOf({ ...examples, info }, sets, wanted, SHOWN.crops);
}

/** A job of `examples` that keeps the strongest places alone. */
export const strongestAlone = (job: Omit<ExamplesJob, 'levels' | 'before' | 'near'>): ExamplesJob => ({
  ...job,
  levels: 1,
  before: undefined,
  near: false,
});

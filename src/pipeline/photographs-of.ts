// What units that are looked for somewhere else, as `visualize` does, do on photographs: their strongest places, cropped, and
// the 99.9th percentile of their activations. One pass over the pictures for each tap that the units are of.
import { tapInfo } from '../network/taps.js';
import type { CropsOfUnits } from '../study/examples/crops.js';
import type { Unit } from '../units/unit.js';
import { cropsOf, strongestAlone } from './crops.js';
import { collectExamples, type ExamplesJob } from './examples.js';

/** Crops of each unit. */
const EACH = 4;
/** A percentile as STATISTICS have it (study/curves/statistics.ts): of rank ceil(0.999 n). */
const SHARE = 0.001;

export interface UnitAt extends Unit {
  /** As it is written. */
  name: string;
  tap: string;
}

export interface PhotographsOf {
  /** Pictures that were looked at. */
  images: number;
  crops: CropsOfUnits;
  /** By name; bins of a sixteenth of an octave tell it to some 2 %. 0: it never fires. */
  percentile999: Map<string, number>;
  failures: { name: string; reason: string }[];
}

/** `sae`: undefined where none of the units is a feature. */
export async function photographsOf(
  job: Omit<ExamplesJob, 'tap' | 'sae' | 'each' | 'levels' | 'before' | 'near'>,
  sae: (ExamplesJob['sae'] & { tap: string }) | undefined,
  units: readonly UnitAt[],
): Promise<PhotographsOf> {
  const { model, images } = job;
  const out: PhotographsOf = {
    images: images.length,
    crops: { tile: 0, places: 0, units: new Map(), random: { spots: [], tiles: new Uint8Array(0) } },
    percentile999: new Map(),
    failures: [],
  };
  for (const tap of new Set(units.map((unit) => unit.tap))) {
    const own = units.filter((unit) => unit.tap === tap);
    const info = tapInfo(model.description, tap);
    const features = own.some(({ kind }) => kind === 'features');
    const examples = strongestAlone({ ...job, tap, each: EACH, ...(features && { sae }) });
    const { sets, failures } = await collectExamples(examples);
    out.failures = failures;
    out.images = images.length - failures.length;
    const places = out.images * info.height * info.width;
    for (const { kind, index, name } of own)
      out.percentile999.set(name, sets[kind]!.octaves.largest(index, Math.floor(SHARE * places) + 1));
    const { tile, units: crops } = await cropsOf({ ...examples, info }, sets, own, EACH);
    out.crops = { ...out.crops, tile, places, units: new Map([...out.crops.units, ...crops]) };
  }
  return out;
}

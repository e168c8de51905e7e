// What the run has of a unit on one of its photographs, beside what is computed from the photograph that was kept.
import { short } from '../../report/numbers.js';
import { TOP_PICTURES, TOP_UNITS } from '../../units/top-examples.js';
import type { Unit } from '../../units/unit.js';
import type { RunData } from './data.js';

/** Its largest value there; undefined where neither the photograph's units nor the unit's photographs have it. */
export async function storedValue(
  run: RunData,
  { kind, index }: Unit,
  picture: number,
): Promise<number | undefined> {
  const own = await run.chunk(kind, index).catch(() => undefined);
  const found = own && find(own, 'top.picture', 'top.value', picture, TOP_PICTURES);
  if (found !== undefined) return found;
  const seen = await run.chunk('pictures', picture).catch(() => undefined);
  return seen && find(seen, `${kind}.index`, `${kind}.value`, index, TOP_UNITS);
}

type Chunk = Awaited<ReturnType<RunData['chunk']>>;

function find({ tensors, row }: Chunk, keys: string, values: string, wanted: number, most: number) {
  const list = tensors.row(tensors.ints(keys), keys, row);
  const at = list ? Array.from(list.subarray(0, most)).indexOf(wanted) : -1;
  return at < 0 ? undefined : tensors.row(tensors.f32(values), values, row)?.[at];
}

const WHY = 'the run read the photograph itself, this page the JPEG that was kept of what the network saw';

/** Why the two differ, in words. `stored`: undefined where the run kept none. */
export const storedText = (stored: number | undefined, live: number): string =>
  stored === undefined
    ? `The run kept no value of it here; its own would differ in the last digits: ${WHY}.`
    : Math.abs(stored - live) <= 1e-4 * Math.abs(stored)
      ? `The run has the same value, ${short(stored)}.`
      : `The run has ${short(stored)} here, and this page computes ${short(live)}: ${WHY}, which is not the same to the last digits.`;

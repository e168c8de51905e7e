// What a position of a unit sees: its receptive field on the picture, computed from the network's description.
import { branchOf, tapInfo } from '../../network/taps.js';
import type { NetworkDescription, TapInfo } from '../../network/types.js';
import type { Place } from './types.js';

/** Side of each channel's receptive field in pixels: of a concat, those of its branches. */
export function fieldsOf(description: NetworkDescription, { name, channels }: TapInfo): Int32Array {
  const fields = new Int32Array(channels);
  for (let u = 0; u < channels; ) {
    const branch = tapInfo(description, branchOf({ tap: name, index: u }, description).tap);
    const end = Math.min(channels, u + branch.channels);
    fields.fill(branch.field, u, end);
    u = end;
  }
  return fields;
}

/** A position of the tap on a picture of `size` pixels, for a unit whose field is `field` pixels wide. */
export function placeOf(
  info: Pick<TapInfo, 'stride' | 'centre' | 'width'>,
  size: number,
  field: number,
  position: number,
): Omit<Place, 'image'> {
  const column = position % info.width;
  const row = (position - column) / info.width;
  const [y, x] = [row, column].map((i) => info.stride * i + info.centre);
  const reach = (field - 1) / 2;
  const from = (at: number) => Math.max(0, Math.ceil(at - reach));
  const to = (at: number) => Math.min(size, Math.floor(at + reach) + 1);
  const within = (at: number) => Math.min(size - 1, Math.max(0, Math.floor(at)));
  return { y: within(y), x: within(x), crop: [from(x), from(y), to(x), to(y)], row, column };
}

/** What is shown of it: the whole field, grey where it leaves the picture; of a field wider than the picture, the picture. */
export function windowOf(
  info: Pick<TapInfo, 'stride' | 'centre' | 'width'>,
  size: number,
  field: number,
  position: number,
): { left: number; top: number; side: number } {
  if (field >= size) return { left: 0, top: 0, side: size };
  const column = position % info.width;
  const row = (position - column) / info.width;
  const from = (i: number) => Math.ceil(info.stride * i + info.centre - (field - 1) / 2);
  return { left: from(column), top: from(row), side: field };
}

// What page and worker say to each other.

import type { Effect } from '../../study/circuit/types.js';
import type { ExplorerIndex } from '../../study/facts/format.js';
import type { PaintState } from '../../study/visualize/types.js';
import type { Unit } from '../../units/unit.js';
import type { Curve, CurveAnswer, PaintRequest, PictureAnswer } from '../live.js';
import type { EffectRequest } from '../live-effects.js';

/** A picture: the bytes of a file, an address of our own, or pixels of a canvas. */
export type PictureSource =
  | { kind: 'file'; name: string; bytes: ArrayBuffer }
  | { kind: 'address'; url: string }
  | { kind: 'pixels'; width: number; height: number; rgba: ArrayBuffer };

export interface Calls {
  open: {
    take: { data: string; core: string; index: ExplorerIndex };
    /** `apex`: row and column of the middle of what the unit that is read sees. */
    give: { size: number; apex: number; build: string };
  };
  curve: { take: Curve; give: CurveAnswer };
  drawing: { take: { grey: Float32Array }; give: CurveAnswer };
  sweep: { take: { curves: Curve[]; units: Unit[] }; give: Float32Array };
  picture: {
    take: { source: PictureSource; units: Unit[] };
    give: PictureAnswer & { maps: Float32Array };
  };
  maps: { take: { units: Unit[] }; give: Float32Array };
  paint: { take: PaintRequest; give: PaintState };
  /** What lies behind the tap, fetched and made ready. */
  behind: { take: { classes: boolean }; give: undefined };
  /** Of all pictures since another unit or another way was asked for. `picture`: its address. */
  effect: { take: EffectRequest & { picture: string }; give: Effect };
}
export type CallName = keyof Calls;

export interface Request {
  id: number;
  call: CallName;
  take: unknown;
}

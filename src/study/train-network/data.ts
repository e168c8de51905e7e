// What networks are trained on: shapes that are drawn, or pictures with a class each. Which picture is the n-th of a run, and
// which are held out, is a function of the data and the seed.
import { InputError } from '../../core/errors.js';
import { canonicalJson, sha256 } from '../../core/hash.js';
import { Rng } from '../../core/random.js';
import { SHAPE_CLASSES, SHAPES_VERSION } from '../../images/shapes.js';
import type { ImageRef } from '../../images/types.js';
import type { Example, NetworkData } from './types.js';

/** Shapes from here on are held out; no run draws as many. */
const HELD_OUT_FROM = 2 ** 30;
/** Of pictures, one in ten of every class. */
const HELD_OUT_SHARE = 10;

/** Streams of the seed. */
const [ORDER, LABELS, VIEWS] = [71, 72, 73];

/** Endless. `shuffled`: every picture has a class of chance instead of its own, in training and held out. */
export async function shapesData(seed: number, held: number, shuffled: boolean): Promise<NetworkData> {
  const example = (index: number): Example => ({
    ...{ kind: 'shape', seed, index },
    ...(shuffled && { label: new Rng(seed ^ index, LABELS).below(SHAPE_CLASSES.length) }),
  });
  return {
    classes: SHAPE_CLASSES,
    hash: await sha256(canonicalJson({ shapes: SHAPES_VERSION, seed, held, shuffled })),
    count: undefined,
    example,
    heldOut: Array.from({ length: held }, (_, i) => example(HELD_OUT_FROM + i)),
  };
}

export interface LabelledRef {
  ref: ImageRef;
  /** Name of its class. */
  class: string;
}

/**
 * Pictures in an order of chance, another one in every pass, cut out and turned over by chance. `named`: identity of the
 * pictures. InputError: fewer than two classes, or a class with fewer than two pictures.
 */
export async function picturesData(
  pictures: readonly LabelledRef[],
  named: string,
  seed: number,
  shuffled: boolean,
): Promise<NetworkData> {
  const classes = [...new Set(pictures.map((p) => p.class))].sort();
  if (classes.length < 2)
    throw new InputError(
      `the pictures have ${classes.length === 1 ? `one class, '${classes[0]}'` : 'no class'}; two are needed to tell them apart`,
    );
  const labels = pictures.map((p) => classes.indexOf(p.class));
  const given = shuffled ? new Rng(seed, LABELS).shuffle([...labels]) : labels;
  const { train, heldOut } = split(labels, classes);
  const at = (i: number, view?: number): Example => ({
    ...{ kind: 'picture', ref: pictures[i].ref, label: given[i] },
    ...(view !== undefined && { view }),
  });
  const order = passes(train, seed);
  return {
    classes,
    hash: await sha256(canonicalJson({ pictures: named, labels, classes, seed, shuffled })),
    count: train.length,
    example: (n) => at(order(n), new Rng(seed ^ n, VIEWS).u32()),
    heldOut: heldOut.map((i) => at(i)),
  };
}

/** Of every class each tenth picture is held out, and one at least. */
function split(
  labels: readonly number[],
  classes: readonly string[],
): { train: number[]; heldOut: number[] } {
  const seen = new Array<number>(classes.length).fill(0);
  const [train, heldOut]: [number[], number[]] = [[], []];
  for (const [i, label] of labels.entries()) (seen[label]++ % HELD_OUT_SHARE === 1 ? heldOut : train).push(i);
  const few = seen.findIndex((n) => n < 2);
  if (few >= 0)
    throw new InputError(
      `class '${classes[few]}' has ${seen[few]} picture; each class needs two at least, as one of them is held out`,
    );
  return { train, heldOut };
}

/** Picture n of endless passes over a list, each in an order of its own. */
function passes(list: readonly number[], seed: number): (n: number) => number {
  let made = { pass: -1, order: [] as number[] };
  return (n) => {
    const pass = Math.floor(n / list.length);
    if (made.pass !== pass)
      made = { pass, order: new Rng(seed ^ Math.imul(pass + 1, 0x9e3779b9), ORDER).shuffle([...list]) };
    return made.order[n % list.length];
  };
}

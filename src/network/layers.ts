// The layers of a plan -> closures over the kernels, in the order in which they run.
import type { Core } from '../core/core.js';
import { CurvesaeError } from '../core/errors.js';
import { algorithm } from './algorithm.js';
import { type Band, turnsOf } from './bands.js';
import { convolutionStep, type Place, type Site, siblingStep, winogradRows, withRaw } from './convolution.js';
import type { Plan } from './plan.js';
import type { Layer } from './types.js';

type Of<Op> = Extract<Layer, { op: Op }>;

/** What a benchmark sees of a session: its layers, or what is computed together, one by one. */
export interface SessionStep {
  /** A tensor that the step makes: the last of a band, the first of siblings. */
  name: string;
  run(): void;
}

export function buildSteps(site: Site, { layers, bands, siblings }: Plan): SessionStep[] {
  const steps: SessionStep[] = [];
  const done = new Set<string>();
  for (const layer of layers) {
    if (layer.op === 'concat' || done.has(layer.out)) continue; // concat: its branches wrote into it
    const band = bands.get(layer.out);
    const together = siblings.get(layer.out);
    for (const { out } of together ?? band?.layers ?? []) done.add(out);
    if (band) steps.push({ name: band.pool.out, run: bandStep(site, band) });
    else if (together) steps.push({ name: layer.out, run: siblingStep(site, together) });
    else steps.push({ name: layer.out, run: buildStep(site, layer) });
  }
  return steps;
}

function buildStep(site: Site, layer: Exclude<Layer, { op: 'concat' }>): () => void {
  const { core, scratch } = site;
  const k = core.exports;
  const from = site.at(layer.in);
  const to = site.at(layer.out);
  const { height, width, channels } = to.shape;
  switch (layer.op) {
    case 'conv':
      return convolutionStep(site, layer);
    case 'maxpool': {
      const { beforeY, beforeX } = site.shapes.get(layer.out)!;
      const run = maxpoolRows(core, layer, from, to, beforeX);
      return () => run(from.ptr, from.shape.height, -beforeY, to.ptr, height);
    }
    case 'avgpool':
      return () =>
        k.f32_avgpool(
          ...[from.ptr, from.pixel, from.row, layer.size, layer.stride],
          ...[to.ptr, to.pixel, to.row, height, width, channels],
        );
    case 'lrn': {
      const run = lrnRows(core, layer, from, to);
      return () => run(from.ptr, to.ptr, height);
    }
    case 'linear': {
      const { weight, bias } = site.parameters.get(layer.out)!;
      const inputs = weight.length / layer.units;
      const wide = Math.ceil(layer.units / 16) * 16;
      const biases = core.alloc32(wide);
      core.f32(biases, layer.units).set(bias);
      const packed = core.alloc32(wide * inputs);
      withRaw(core, weight, (raw) => k.f32_linear_pack16(raw, packed, layer.units, inputs));
      return () => k.f32_linear_1x16(from.ptr, inputs, packed, biases, to.ptr, layer.units);
    }
    case 'softmax':
      return () => k.f32_softmax(from.ptr, to.ptr, channels, scratch.softmax);
  }
}

/** A band: some rows of its convolution, normalised in place, then the rows of the pool that they complete. */
function bandStep(site: Site, band: Band): () => void {
  const { core, shapes } = site;
  const { conv, lrn, pool } = band;
  const how = algorithm(conv);
  if (how.kind !== 'winograd') throw new CurvesaeError(`${conv.out}: bands are of Winograd convolutions`);
  const at = site.at(conv.out);
  const to = site.at(pool.out);
  const { beforeY, beforeX } = shapes.get(pool.out)!;
  const convolve = winogradRows(site, conv, how, at, true);
  const normalise = lrn && lrnRows(core, lrn, at, at);
  const reduce = maxpoolRows(core, pool, at, to, beforeX);
  const turns = turnsOf(band, shapes.get(conv.out)!.height, to.shape.height, beforeY);
  return () => {
    let top = 0;
    for (const turn of turns) {
      const have = (turn.y - top) * at.row;
      if (turn.top > top) core.u8(at.ptr, have).copyWithin(0, (turn.top - top) * at.row);
      top = turn.top;
      const rows = at.ptr + (turn.y - top) * at.row;
      convolve(turn.y, turn.rows, rows);
      normalise?.(rows, rows, turn.rows);
      const first = turn.pooled * pool.stride - beforeY - top;
      reduce(at.ptr, turn.y + turn.rows - top, first, to.ptr + turn.pooled * to.row, turn.pools);
    }
  };
}

/** Rows of a pool: `have` rows lie at `src`, the first window begins at row `y` of them. */
function maxpoolRows(core: Core, layer: Of<'maxpool'>, from: Place, to: Place, beforeX: number) {
  if (layer.size !== 3) throw new CurvesaeError(`${layer.out}: max pools are 3x3, not ${layer.size}`);
  const { f32_maxpool_3x3 } = core.exports;
  return (src: number, have: number, y: number, dst: number, rows: number): void =>
    f32_maxpool_3x3(
      ...[src, from.pixel, from.row, have, from.shape.width, layer.stride, -y, beforeX],
      ...[dst, to.pixel, to.row, rows, to.shape.width, to.shape.channels],
    );
}

/** Rows of an LRN. */
function lrnRows(core: Core, layer: Of<'lrn'>, from: Place, to: Place) {
  if (!((layer.radius === 5 && layer.beta === 0.5) || (layer.radius === 2 && layer.beta === 0.75)))
    throw new CurvesaeError(`${layer.out}: no LRN of radius ${layer.radius} and beta ${layer.beta}`);
  const { width, channels } = to.shape;
  const { f32_lrn } = core.exports;
  return (src: number, dst: number, rows: number): void =>
    f32_lrn(
      ...[src, from.pixel, from.row, dst, to.pixel, to.row],
      ...[rows, width, channels, layer.radius, layer.bias, layer.alpha],
    );
}

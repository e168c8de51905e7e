// Circuits of a tap: one pass over the pictures finds where its units and their drivers fire, then each unit is asked what
// drives it and what it does, and its curves how they are wired.
import { InputError } from '../core/errors.js';
import { canonicalJson, sha256 } from '../core/hash.js';
import { parseJsonObject } from '../formats/json.js';
import type { Storage } from '../formats/storage.js';
import { tapInfo } from '../network/taps.js';
import {
  curveUnits,
  earlyUnits,
  type Oriented,
  strongestRows,
  wiringOf,
} from '../study/circuit/curve-wiring.js';
import type { CurveWiring, UnitCircuit, UnitDrives, WiredUnit } from '../study/circuit/types.js';
import { CURVE_DEFAULTS } from '../study/curves/options.js';
import { curveResponses } from '../study/curves/tuning.js';
import type { CropsOfUnits } from '../study/examples/crops.js';
import { spotsOf } from '../study/examples/spots.js';
import { parseUnit, type Unit } from '../units/unit.js';
import { drivesOf, gainsOf, readingOf, weightsOf } from './circuit-drive.js';
import { effectsOf } from './circuit-effect.js';
import type { CircuitJob } from './circuit-job.js';
import { cropsOf, strongestAlone } from './crops.js';
import { type CollectedExamples, collectExamples } from './examples.js';

/** Orientations of the drawings by which curves and lines are told. */
const ORIENTATIONS = 72;
/** Crops of each unit and driver. */
const CROPS = 5;

export interface Circuits {
  units: Map<string, UnitCircuit>;
  curves: CurveWiring | null;
  failures: CollectedExamples['failures'];
  /** Of the units, and of their drivers; undefined: not wanted. */
  crops: CropsOfUnits | undefined;
}

/** `crops`: whether they are wanted. */
export async function studyCircuits(job: CircuitJob, crops: boolean): Promise<Circuits> {
  const { progress, signal } = job;
  const { sets, failures, hash } = await collectExamples(examplesJob(job, job.tap, job.sae));
  const bad = new Set(failures.map(({ picture }) => picture));
  const used = Array.from(job.images.keys()).filter((i) => !bad.has(i));
  const out: Circuits = { units: new Map(), curves: null, failures, crops: undefined };
  if (!used.length) return out;
  progress.start('circuits');
  const readings = job.units.map((unit) => readingOf(job, unit));
  const gains = await gainsOf(job, job.from, job.tap);
  const weights = weightsOf(job, readings, gains);
  const records = job.out.sub(UNITS);
  let reused = 0;
  for (const [i, unit] of job.units.entries()) {
    signal?.throwIfAborted();
    const own = sets[unit.kind]!;
    const spots = spotsOf(own, unit.index, { levels: 1, each: job.each });
    const identity = await sha256(canonicalJson(identityOf(job, hash, unit)));
    const file = `${identity.slice(0, 16)}.json`;
    let circuit = await finished(records, file, identity);
    if (circuit) reused++;
    else {
      circuit = { fires: spots.fires, max: spots.max, drives: null, ablate: null, add: null };
      if (spots.fires) {
        circuit.drives = await drivesOf(job, readings[i], weights[i], spots);
        Object.assign(circuit, await effectsOf(job, unit, spots, own, used));
      }
      await records.write(file, JSON.stringify({ identity, circuit }));
    }
    out.units.set(unit.name, circuit);
    progress.update(i + 1, job.units.length, 'units');
  }
  progress.finish(`${job.units.length} units${reused ? `, ${reused} reused` : ''}`);
  if (job.curves) {
    progress.start('curves');
    out.curves = await curveWiring(job, gains);
    progress.finish(`${out.curves.curves.length} curves`);
  }
  if (crops) out.crops = await allCrops(job, sets, out);
  return out;
}

/** A change here measures every unit anew. */
const FORMAT = 2;
/** A record of each unit that is finished. */
const UNITS = 'units';

/** Everything that a unit's circuit depends on; `pass`: identity of the pass that found its places. */
const identityOf = (
  { from, to, fromSae, toSae, each, seed }: CircuitJob,
  pass: string,
  { kind, index }: Unit,
) => ({
  ...{ format: FORMAT, pass, from, to: to ?? null, kind, index, each, seed },
  ...{ fromSae: fromSae?.hash ?? null, toSae: toSae?.hash ?? null },
});

/** undefined: it must be measured. */
async function finished(records: Storage, file: string, identity: string): Promise<UnitCircuit | undefined> {
  if ((await records.size(file)) === undefined) return undefined;
  try {
    const record = parseJsonObject(await records.read(file), file);
    return record.identity === identity ? (record.circuit as UnitCircuit) : undefined;
  } catch (error) {
    if (error instanceof InputError) return undefined; // cut short
    throw error;
  }
}

const examplesJob = (job: CircuitJob, tap: string, sae: CircuitJob['sae']) => {
  const { engine, pool, model, images, imagesHash, out, progress, signal, each, seed } = job;
  return strongestAlone({
    ...{ engine, pool, model, images, imagesHash, out, progress, signal, each, seed },
    ...{ tap, sae },
  });
};

const driversOf = ({ exciting, inhibiting }: UnitDrives) => [...exciting, ...inhibiting];

/** The units' own and those of their drivers, which takes a pass over the pictures of its own. */
async function allCrops(
  job: CircuitJob,
  sets: CollectedExamples['sets'],
  { units }: Circuits,
): Promise<CropsOfUnits> {
  const of = (tap: string, sae: CircuitJob['sae']) => ({
    ...examplesJob(job, tap, sae),
    info: tapInfo(job.model.description, tap),
  });
  const own = await cropsOf(of(job.tap, job.sae), sets, job.units, CROPS);
  const names = new Set(
    [...units.values()].flatMap(({ drives }) => (drives ? driversOf(drives) : [])).map((d) => d.unit),
  );
  if (!names.size) return own;
  const early = of(job.from, job.fromSae);
  const drivers = [...names].map((name) => ({ ...parseUnit(name)!, name }));
  const found = await collectExamples(early);
  const { units: also } = await cropsOf(early, found.sets, drivers, CROPS);
  return { ...own, units: new Map([...own.units, ...also]) };
}

async function curveWiring(job: CircuitJob, gains: ReadonlyMap<string, Float32Array>): Promise<CurveWiring> {
  const { engine, pool, model, tap, from, size, signal, seed } = job;
  const options = { ...CURVE_DEFAULTS, orientations: ORIENTATIONS };
  const drawn = async (name: string) =>
    curveResponses({
      pool,
      tap: name,
      info: tapInfo(model.description, name),
      fullSize: size,
      options,
      signal,
    });
  const curves = curveUnits(engine.math, await drawn(tap));
  const early = earlyUnits(engine.math, await drawn(from));
  const channels = tapInfo(model.description, from).channels;
  const named = (name: string, units: readonly Oriented[]): WiredUnit[] =>
    units.map(({ index, orientationDeg }) => ({ unit: `${name}:${index}`, orientationDeg }));
  const readings = curves.map(({ index }) => readingOf(job, { kind: 'neurons', index }));
  const weights = curves.length ? weightsOf(job, readings, gains) : [];
  const side = weights[0]?.side ?? 0;
  const scaled = weights.map((w) => patchesOf(w.weights, channels, [...early.curve, ...early.line]));
  const offsets = { curve: 0, line: early.curve.length };
  const kinds = (['curve', 'line'] as const).filter((kind) => early[kind].length && curves.length);
  return {
    curves: named(tap, curves),
    side,
    early: kinds.map((kind) =>
      wiringOf(
        engine.math,
        kind,
        named(from, early[kind]),
        named(tap, curves),
        (e, c) => scaled[c][offsets[kind] + e].reduce((sum, v) => sum + v, 0),
        seed,
      ),
    ),
    grid: kinds.flatMap((kind) =>
      strongestRows(
        named(from, early[kind]).map(({ unit }, e) => ({
          unit,
          patches: scaled.map((of) => of[offsets[kind] + e]),
        })),
      ),
    ),
  };
}

/** Patches of these channels, over the largest of them. */
function patchesOf(weights: Float32Array, channels: number, units: readonly Oriented[]): number[][] {
  const patches = units.map(({ index }) =>
    Array.from({ length: weights.length / channels }, (_, p) => weights[p * channels + index]),
  );
  const most = patches.flat().reduce((m, v) => Math.max(m, Math.abs(v)), 0) || 1;
  // Four digits: there are tens of thousands of them.
  return patches.map((patch) => patch.map((v) => Math.round((1e4 * v) / most) / 1e4));
}

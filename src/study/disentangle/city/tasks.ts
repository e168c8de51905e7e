// Tasks of the city task: which prompts are answered rightly, one mask, the two ends of the scale.
import type { SaeConfig, SaeTensors } from '../../../sae/types.js';
import type { Task, TaskContext, TaskResult } from '../../../vectors/task-context.js';
import type { Method } from '../methods.js';
import { answered, type CityMaterial, type CityOptions, cityEnds, trainedCityMask } from './city.js';
import type { PromptSet } from './prompts.js';
import { PromptReading } from './reading.js';

export const cityTasks: Record<string, Task> = {
  'city-answers': answers,
  'city-mask': mask,
  'city-ends': ends,
};

/** Plain data, the same for every mask of a task. */
export interface CityData {
  tap: string;
  /** The city's token, from the end of a prompt: -8. */
  at: number;
  sets: readonly PromptSet[];
  sae?: { config: SaeConfig; tensors: SaeTensors };
}

export interface CityPayload {
  data: CityData;
  /** Identity of `data`: a thread computes its prompts once. */
  key: string;
}

export interface CityMaskPayload extends CityPayload {
  method: Method;
  attribute: number;
  options: CityOptions;
}

export interface CityEndsPayload extends CityPayload {
  options: CityOptions;
}

function materialOf({ data, key }: CityPayload, context: TaskContext): CityMaterial {
  const { engine, model } = context;
  return context.keep('city', key, () => {
    const readings: PromptReading[] = [];
    const dispose = () => {
      for (const reading of readings) reading.dispose();
    };
    try {
      for (const set of data.sets) readings.push(new PromptReading(engine, model, data.tap, set, data.at));
    } catch (error) {
      dispose();
      throw error;
    }
    const [{ d }] = readings;
    const sample = () => {
      const rows = readings.flatMap((reading) => reading.set.prompts.map((_, i) => reading.vectors(i)));
      const out = new Float32Array(rows.length * d);
      for (const [i, row] of rows.entries()) out.set(row, i * d);
      return out;
    };
    return { material: { engine, d, sample, readings, sae: data.sae }, dispose };
  }).material;
}

async function answers(payload: CityPayload, context: TaskContext): Promise<TaskResult> {
  return { value: answered(materialOf(payload, context)) };
}

async function mask(payload: CityMaskPayload, context: TaskContext): Promise<TaskResult> {
  const { method, attribute, options } = payload;
  const started = performance.now();
  const trained = await trainedCityMask(materialOf(payload, context), method, attribute, options);
  return { value: { ...trained, seconds: (performance.now() - started) / 1000 } };
}

async function ends(payload: CityEndsPayload, context: TaskContext): Promise<TaskResult> {
  return { value: cityEnds(materialOf(payload, context), payload.options) };
}

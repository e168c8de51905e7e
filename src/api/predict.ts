// `predict`: the likeliest classes of pictures.

import { HOW_TO_NAME } from '../../models/class-names.js';
import { UsageError } from '../core/errors.js';
import { imageInput } from '../network/ops/image.js';
import { createSession } from '../network/session.js';
import { tapInfo } from '../network/taps.js';
import { CALL_OPTIONS, type CallOptions, open, type SeedOption } from './call.js';
import { eachPicture } from './each-picture.js';
import { IMAGES_OPTION, SEED_OPTION } from './groups.js';
import { checked, type Options } from './options.js';
import type { ImagesSpec, ModelSpec, Platform } from './platform.js';
import { TEXT_OPTIONS, type TextOption, tokenizedTexts, tokenizerFor } from './texts.js';

/** Classes named per picture. */
const TOP = 5;

export const PREDICT_OPTIONS = {
  model: {
    kind: 'text',
    value: 'MODEL',
    help: 'a pulled name (inceptionv1, googlenet, gpt2) or a weights file',
    required: true,
    object: true,
  },
  images: { ...IMAGES_OPTION.images, help: 'photographs, or procedural[:N]' },
  ...TEXT_OPTIONS,
  ...SEED_OPTION,
} as const satisfies Options;

export interface PredictCall extends SeedOption, CallOptions {
  /** The network, whole. */
  model: ModelSpec;
  images: ImagesSpec;
}

/** Of a network that reads text: `text` or `texts`. */
export interface PredictTextCall extends Omit<PredictCall, 'images'>, TextOption {
  images?: undefined;
}

export interface Prediction {
  /** Path of the picture, or its name where it has none. */
  image: string;
  /** The five likeliest classes, likeliest first; equal ones by index. `probability`: 0 to 1. */
  top: { class: number; label: string; probability: number }[];
}

/** The likeliest next token of a text. */
export interface TextPrediction {
  /** Name of the text: of its record, or its number. */
  text: string;
  /** How it was taken apart. */
  tokens: { token: number; text: string }[];
  /** The five likeliest next tokens, likeliest first; equal ones by number. */
  top: { class: number; label: string; probability: number }[];
}

export async function predict(
  platform: Platform,
  options: PredictCall | PredictTextCall,
): Promise<Prediction[] | TextPrediction[]> {
  const o = checked('predict', PREDICT_OPTIONS, options, CALL_OPTIONS);
  if (o.text !== undefined || o.texts !== undefined) return predictText(platform, options, o);
  if (o.images === undefined) throw new UsageError('give at least one image, folder or glob to predict');
  const call = await open(platform, options);
  const { engine, signal } = call;
  const model = await platform.openModel(o.model, engine.math, { signal });
  imageInput(model.description);
  tapInfo(model.description, 'softmax'); // before pictures are looked for
  const images = await platform.listImages(o.images, o.seed, { signal, warn: call.warn });
  if (!model.classes)
    call.warn(
      `${model.name}: the names of its classes are not here, so numbers stand for them; ${HOW_TO_NAME}`,
    );
  const predictions: Prediction[] = [];
  await eachPicture(
    platform,
    call,
    { stage: 'predict', model, taps: ['softmax'], images },
    ([softmax], ref) => {
      const image = ref.kind === 'file' ? ref.path : ref.name;
      predictions.push({ image, top: best(softmax, (i) => model.classes?.[i] ?? `class ${i}`) });
    },
  );
  return predictions;
}

async function predictText(
  platform: Platform,
  options: PredictCall | PredictTextCall,
  o: TextOption & { model: ModelSpec; images?: ImagesSpec },
): Promise<TextPrediction[]> {
  if (o.images !== undefined) throw new UsageError('give pictures or text, not both');
  const { engine, signal, stages } = await open(platform, options);
  const model = await platform.openModel(o.model, engine.math, { signal });
  const tokenizer = await tokenizerFor(platform, model, o);
  const texts = await tokenizedTexts(platform, model, tokenizer, o);
  const most = Math.max(...texts.map(({ tokens }) => tokens.length));
  const session = createSession(engine, model, { width: most, cache: most, taps: ['logits'] });
  const core = engine.acquire();
  try {
    stages.start('predict');
    return texts.map(({ name, tokens }, i) => {
      signal?.throwIfAborted();
      session.rewind();
      session.run(Float32Array.from(tokens));
      const logits = session.tap('logits');
      const n = logits.length / tokens.length;
      const mark = core.mark();
      const x = core.put(logits.slice(-n));
      core.kernels.f32_softmax({ x, y: x, n, scratch: core.alloc(8 * n) });
      const labels = (token: number) => (token < tokenizer.size ? tokenizer.show(token) : `token ${token}`);
      const top = best(core.f32(x, n), labels);
      core.release(mark);
      stages.update(i + 1, texts.length, 'texts');
      return { text: name, tokens: tokens.map((token) => ({ token, text: tokenizer.show(token) })), top };
    });
  } finally {
    core.dispose();
    session.dispose();
  }
}

function best(probabilities: Float32Array, name: (index: number) => string): Prediction['top'] {
  return Array.from(probabilities, (probability, index) => ({
    class: index,
    probability,
  }))
    .sort((a, b) => b.probability - a.probability || a.class - b.class)
    .slice(0, TOP)
    .map((found) => ({ ...found, label: name(found.class) }));
}

// `forward`: tensors of any tap for pictures.
import { UsageError } from '../core/errors.js';
import { safetensorsPieces, type Tensors } from '../formats/safetensors.js';
import type { ImageFailure } from '../images/types.js';
import { createSession } from '../network/session.js';
import { tapInfo } from '../network/taps.js';
import type { Model } from '../network/types.js';
import { CALL_OPTIONS, type Call, type CallOptions, open, type SeedOption } from './call.js';
import { eachPicture } from './each-picture.js';
import { IMAGES_OPTION, MODEL_OPTION, type ModelOption, SEED_OPTION } from './groups.js';
import { checked, type Options } from './options.js';
import type { ImagesSpec, ModelSpec, Platform } from './platform.js';
import { TEXT_OPTIONS, type TextOption, tokenizedTexts, tokenizerFor } from './texts.js';

/** The file is built in memory. */
const MAX_OUTPUT_BYTES = 2 * 1024 ** 3;

export const FORWARD_OPTIONS = {
  ...MODEL_OPTION,
  taps: {
    kind: 'list',
    value: 'TAP,...',
    help: 'Lucid names, e.g. mixed3b,mixed3b_5x5_pre_relu,softmax',
    required: true,
  },
  images: { ...IMAGES_OPTION.images, help: 'photographs, or procedural[:N]' },
  ...TEXT_OPTIONS,
  out: {
    kind: 'text',
    value: 'FILE',
    help: '.safetensors with tensors <image file stem>/<tap>, [H,W,C] or [C]; of text <name>/<tap>, [T,C]',
    required: true,
  },
  ...SEED_OPTION,
} as const satisfies Options;

export interface ForwardCall extends ModelOption, SeedOption, TextOption, CallOptions {
  /** Lucid names of the taps to write. */
  taps: string | readonly string[];
  /** Pictures; or `text` or `texts`, for a network that reads text. */
  images?: ImagesSpec;
  /** `.safetensors` file of f32 tensors `<image file stem>/<tap>`, [H, W, C]; vectors are [C], of text `<name>/<tap>`, [T, C], and `<name>/tokens`. */
  out: string;
}

export interface ForwardReport {
  out: string;
  /** Pictures used, or texts. */
  images: number;
  taps: string[];
  failures: ImageFailure[];
}

export async function forward(platform: Platform, options: ForwardCall): Promise<ForwardReport> {
  const o = checked('forward', FORWARD_OPTIONS, options, CALL_OPTIONS);
  const isText = o.text !== undefined || o.texts !== undefined;
  if (o.images !== undefined && isText) throw new UsageError('give pictures or text, not both');
  if (o.images === undefined && !isText) throw new UsageError('give at least one image, folder or glob');
  if (!o.out.endsWith('.safetensors')) throw new UsageError(`${o.out}: --out must end in .safetensors`);
  const call = await open(platform, options);
  const { engine, signal } = call;
  const model = await platform.openModel(o.model, engine.math, { signal });
  const taps = [...new Set(o.taps)];
  if (isText) return forwardText(platform, call, model, taps, o);
  const shapes = taps.map((tap) => {
    const { height, width, channels } = tapInfo(model.description, tap);
    return height === 1 && width === 1 ? [channels] : [height, width, channels];
  });
  const images = await platform.listImages(o.images!, o.seed, { signal, warn: call.warn });
  const perImage = shapes.reduce((n, shape) => n + 4 * shape.reduce((a, b) => a * b), 0);
  if (perImage * images.length > MAX_OUTPUT_BYTES)
    throw new UsageError(
      `${images.length} images x ${perImage} bytes is more than the limit of ${MAX_OUTPUT_BYTES} for one file; give fewer images or taps`,
    );
  const stems = new Set<string>();
  for (const stem of images.map(({ name }) => stemOf(name)))
    if (stems.has(stem))
      throw new UsageError(`two images are named '${stem}', which names their tensors; rename one`);
    else stems.add(stem);
  const { storage, name } = await platform.fileIn(o.out);
  const tensors: Tensors = {};
  const failures = await eachPicture(
    platform,
    call,
    { stage: 'forward', model, taps, images },
    (values, ref) => {
      for (const [i, data] of values.entries())
        tensors[`${stemOf(ref.name)}/${taps[i]}`] = { shape: shapes[i], data };
    },
  );
  await storage.write(name, safetensorsPieces(tensors, { model: model.name, sha256: model.sha256 }));
  return { out: o.out, images: images.length - failures.length, taps, failures };
}

async function forwardText(
  platform: Platform,
  { engine, signal, stages }: Call,
  model: Model,
  taps: string[],
  o: TextOption & { model: ModelSpec; out: string },
): Promise<ForwardReport> {
  const tokenizer = await tokenizerFor(platform, model, o);
  const texts = await tokenizedTexts(platform, model, tokenizer, o);
  const most = Math.max(...texts.map(({ tokens }) => tokens.length));
  const session = createSession(engine, model, { width: most, cache: most, taps });
  try {
    const all = texts.reduce((n, { tokens }) => n + tokens.length, 0);
    const bytes = 4 * all * taps.reduce((n, tap) => n + session.info(tap).channels, 0);
    if (bytes > MAX_OUTPUT_BYTES)
      throw new UsageError(
        `${all} tokens make ${bytes} bytes, more than the limit of ${MAX_OUTPUT_BYTES} for one file; give less text or fewer taps`,
      );
    const { storage, name } = await platform.fileIn(o.out);
    const tensors: Tensors = {};
    stages.start('forward');
    for (const [i, { name: text, tokens }] of texts.entries()) {
      signal?.throwIfAborted();
      session.rewind();
      session.run(Float32Array.from(tokens));
      tensors[`${text}/tokens`] = { shape: [tokens.length], data: Int32Array.from(tokens) };
      for (const tap of taps)
        tensors[`${text}/${tap}`] = {
          shape: [tokens.length, session.info(tap).channels],
          data: session.tap(tap),
        };
      stages.update(i + 1, texts.length, 'texts');
    }
    await storage.write(name, safetensorsPieces(tensors, { model: model.name, sha256: model.sha256 }));
    return { out: o.out, images: texts.length, taps, failures: [] };
  } finally {
    session.dispose();
  }
}

/** `photo` of `folder/photo.jpg`. */
const stemOf = (name: string): string => {
  const base = name.split(/[/\\]/).pop()!;
  return base.replace(/(?<=.)\.[^.]*$/, '');
};

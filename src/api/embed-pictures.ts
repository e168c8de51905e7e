// `embed` of pictures: a vector each, the mean of a tap over its positions.
import { UsageError } from '../core/errors.js';
import { numericsOf } from '../core/features.js';
import type { ImageRef } from '../images/types.js';
import { imageInput } from '../network/ops/image.js';
import { tokensInput } from '../network/ops/tokens.js';
import type { Model } from '../network/types.js';
import { type Part, withIds } from '../vectors/embedding-folder.js';
import type { MetadataRecord } from '../vectors/metadata.js';
import type { PooledPayload, PooledResult } from '../vectors/tasks.js';
import type { Call } from './call.js';
import { reachableTap } from './checks.js';
import type { EmbedWork } from './embed-work.js';
import type { ImagesSpec, OutSpec, Platform } from './platform.js';
import { namedPictures } from './shard-pictures.js';

interface PicturesAsked {
  images: ImagesSpec;
  tap?: string;
  tokenizer?: string;
  perWindow?: number;
  seed: number;
  shard?: string;
  out: OutSpec;
}

/** UsageError: the network reads text, or has no such tap. */
export async function ofPictures(
  platform: Platform,
  { engine, signal, warn }: Call,
  model: Model,
  o: PicturesAsked,
): Promise<EmbedWork> {
  if (tokensInput(model.description))
    throw new UsageError(`${model.name} reads text, not pictures: give --texts FILE in place of --images`);
  for (const name of ['tokenizer', 'perWindow'] as const)
    if (o[name] !== undefined)
      throw new UsageError(`embed: ${name} is of text, and ${model.name} reads pictures; leave it out`);
  const { size } = imageInput(model.description);
  const has = model.description.layers.some(({ out }) => out === 'avgpool0');
  const reaches =
    has &&
    model.description.layers.findIndex((l) => l.out === 'avgpool0') <=
      model.description.layers.findIndex((l) => l.out === model.lastTap);
  const tap = o.tap ?? (reaches ? 'avgpool0' : model.lastTap);
  const { channels } = reachableTap(model, tap);
  const listed = await platform.listImages(o.images, o.seed, { signal, warn });
  const { hash, images } = await namedPictures(platform, o, listed);
  const pool = await platform.pool(engine, model, warn);
  const { name, description, sha256: weights } = model;
  return {
    recipe: {
      ...{ kind: 'pictures', model: { name, architecture: description.architecture, sha256: weights } },
      ...{ tap, pooling: 'mean', inputSize: size, images: hash, numerics: numericsOf(engine.info().build) },
    },
    source: name,
    records: withIds(pictureRecords(images), undefinedIfTwice(images)),
    unit: 'images',
    async part(first, n, onDone) {
      const rows: Float32Array[] = [];
      const left: Part['left'] = [];
      await pool.mapOrdered<ImageRef, PooledResult>(
        images.slice(first, first + n),
        (ref) => ({ name: 'pooled', payload: { ref, tap, size } satisfies PooledPayload }),
        (result, i) => {
          if ('failure' in result) left.push({ at: i, failure: result.failure });
          else rows.push(result.vector);
          onDone(i + 1, null);
        },
        { ahead: 2, signal },
      );
      const data = new Float32Array(rows.length * channels);
      rows.forEach((row, i) => {
        data.set(row, i * channels);
      });
      return { rows: rows.length, d: channels, data, tokens: null, left };
    },
    dispose: () => pool.dispose(),
  };
}

const pictureRecords = (images: readonly ImageRef[]): MetadataRecord[] =>
  images.map((ref) => ({ id: ref.name, ...(ref.kind === 'file' && { file: ref.path }) }));

/** Pictures of one name in several folders are told apart by their number. */
const undefinedIfTwice = (images: readonly ImageRef[]): string[] | undefined => {
  const names = images.map(({ name }) => name);
  return new Set(names).size === names.length ? names : undefined;
};

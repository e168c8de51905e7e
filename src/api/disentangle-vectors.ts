// The vectors task of `disentangle`: rows of a matrix with labels.
import { UsageError } from '../core/errors.js';
import { labelled, parseLabelSpec } from '../study/disentangle/labels.js';
import { checkMethod, type Method } from '../study/disentangle/methods.js';
import { splitEntities } from '../study/disentangle/pairs.js';
import { picked } from '../vectors/matrix.js';
import { joinMetadata } from '../vectors/metadata.js';
import type { VectorSource } from '../vectors/types.js';
import type { Call } from './call.js';
import { checkWidth } from './checks.js';
import { type Asked, ofTask, type Prepared, USUAL } from './disentangle-options.js';
import type { OpenedSae } from './open-sae.js';
import type { Platform } from './platform.js';

export async function prepareVectors(
  platform: Platform,
  call: Call,
  o: Asked,
  methods: Method[],
  sae: OpenedSae | undefined,
): Promise<Prepared> {
  ofTask('vectors', { tap: o.tap, read: o.read, images: o.images });
  if (o.in === undefined || o.meta === undefined || o.attributes === undefined)
    throw new UsageError('disentangle: the vectors task needs --in, --meta and --attributes');
  const specs = o.attributes.map(parseLabelSpec);
  const source = (await platform.openVectors(o.in)).source('all');
  const { d } = source;
  if (sae) checkWidth('--in', d, sae.config.dIn);
  for (const method of methods) checkMethod(method, { d, sae: sae !== undefined, truth: false });
  const fields = [...specs.map(({ field }) => field), ...(o.group === undefined ? [] : [o.group])];
  const metadata = await platform.readMetadata(o.meta, { fields });
  const joined = joinMetadata(metadata, { count: source.count, label: String(o.in) });
  const { rows, attributes, groups, unlabelled, rare } = labelled(joined, specs, {
    ...{ fewest: o.fewest, seed: o.seed, group: o.group },
    most: o.entities ?? USUAL.entities.vectors,
  });
  if (unlabelled) call.warn(`${unlabelled} of ${source.count} rows lack a label and were left out`);
  if (rare) call.log(`${rare} rows have a value that fewer than ${o.fewest} have, and were left out`);
  const split = splitEntities(rows.length, o.seed, groups);
  const x = await rowsOf(source, rows);
  return {
    ...{ methods, model: undefined, origin: {} },
    data: {
      ...{ entities: { kind: 'vectors', d, x }, attributes, split },
      ...(sae && { sae: { config: sae.config, tensors: sae.tensors } }),
    },
    about: { tap: null, read: null, model: null, hidden: null, size: null, beside: null },
  };
}

/** Rows of a source, named rising, [rows][d]. */
async function rowsOf(source: VectorSource, rows: Int32Array): Promise<Float32Array> {
  const { d } = source;
  const out = new Float32Array(rows.length * d);
  let [first, at] = [0, 0];
  for (let shard = 0; shard < source.shards.length && at < rows.length; shard++) {
    const end = first + source.shards[shard];
    const here = rows.subarray(at).filter((row) => row < end);
    if (here.length)
      out.set(
        picked(
          await source.load(shard),
          here.map((row) => row - first),
          d,
        ),
        at * d,
      );
    at += here.length;
    first = end;
  }
  return out;
}

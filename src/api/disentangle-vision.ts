// The vision task of `disentangle`: drawn curves or patches of photographs before a network.
import { InputError } from '../core/errors.js';
import { Rng } from '../core/random.js';
import type { ImageFailure, ImageRef } from '../images/types.js';
import { imageInput } from '../network/ops/image.js';
import type { Model } from '../network/types.js';
import type { TaskData, VisionEntities } from '../study/disentangle/materials.js';
import { checkMethod, type Method } from '../study/disentangle/methods.js';
import type { Grid } from '../study/disentangle/network-reading.js';
import { splitEntities } from '../study/disentangle/pairs.js';
import {
  balanced,
  PATCH_ATTRIBUTES,
  type Patch,
  type PatchAttribute,
  patchAttributes,
  USUAL_PATCH_ATTRIBUTES,
} from '../study/disentangle/patches.js';
import {
  checkVisionAttributes,
  curvePictures,
  USUAL_ATTRIBUTES,
  VISION_ATTRIBUTES,
} from '../study/disentangle/stimuli.js';
import type { PatchesPayload, PatchesResult } from '../study/disentangle/tasks.js';
import { usualTap, type VisionSetting, visionSetting } from '../study/disentangle/vision.js';
import { hidingOf, hidingText } from '../vectors/hiding.js';
import { type Call, noneUsable } from './call.js';
import { checkWidth, reachableTap } from './checks.js';
import { type Asked, ofTask, type Prepared, USUAL } from './disentangle-options.js';
import type { OpenedSae } from './open-sae.js';
import type { ImagesSpec, Platform } from './platform.js';

export async function prepareVision(
  platform: Platform,
  call: Call,
  o: Asked,
  methods: Method[],
  sae: OpenedSae | undefined,
): Promise<Prepared> {
  ofTask('vision', { in: o.in, meta: o.meta, group: o.group });
  const { engine, signal } = call;
  const seeing = o.images === undefined ? drawn(o) : photographed(platform, call, o, o.images);
  const model = await platform.openModel(o.model, engine.math, { signal });
  const tap = o.tap ?? sae?.tap ?? usualTap(model);
  reachableTap(model, tap);
  const { channels: d, ...setting } = visionSetting(model, tap, o.read);
  const hiding = hidingOf(sae?.metadata.hidden);
  if (hiding && (hiding.kind !== 'rotate' || hiding.width !== d))
    throw new InputError(
      `${sae!.label}: was trained on hidden neurons (${hidingText(hiding)}); disentangle turns back those of 'rotate ${d}' alone`,
    );
  if (sae) checkWidth(`tap ${tap}`, d, sae.config.dIn);
  for (const method of methods)
    checkMethod(method, { d, sae: sae !== undefined, truth: hiding !== undefined });
  const { pictures, attributes, groups } = await seeing(model, setting);
  const split = splitEntities(pictures.length, o.seed, groups);
  const entities = {
    ...{ kind: 'vision' as const, ...setting, pictures, hiding },
    grid: gridOf(o, attributes),
    beside: o.beside === 'base' ? { hold: 'base' as const } : { hold: 'mean' as const, over: split.train },
  };
  return {
    ...{ methods, model, origin: { weights: model.sha256 } },
    data: { entities, attributes, split, ...(sae && { sae: { config: sae.config, tensors: sae.tensors } }) },
    about: {
      ...{ tap, read: setting.read, model: model.name, size: setting.size, beside: o.beside },
      hidden: hiding ? hidingText(hiding) : null,
    },
  };
}

/** Patches are told by their middle; position is told by quarters of the map. */
const gridOf = ({ images }: Asked, attributes: readonly { name: string }[]): Grid =>
  images !== undefined ? 'middle' : attributes.some(({ name }) => name === 'position') ? 2 : 1;

/** Entities of the vision task; what is wrong with its options is found before a network is opened. */
type Seeing = (
  model: Model,
  setting: Pick<VisionSetting, 'size' | 'apex'>,
) => Promise<Pick<VisionEntities, 'pictures'> & Pick<TaskData, 'attributes'> & { groups?: string[] }>;

function drawn(o: Asked): Seeing {
  const names = checkVisionAttributes(o.attributes ?? USUAL_ATTRIBUTES, VISION_ATTRIBUTES, 'drawn curves');
  return async () => curvePictures(names, o.entities ?? USUAL.entities.vision, o.seed);
}

const USUAL_PATCHES = 1200;
/** Places that are cut for each that is taken: rare combinations of values are to be among them. */
const MORE_PLACES = 6;
const STREAM_BALANCE = 66;

/** Patches of one photograph stay on one side of the split. */
function photographed(platform: Platform, call: Call, o: Asked, images: ImagesSpec): Seeing {
  const names = checkVisionAttributes<PatchAttribute>(
    o.attributes ?? USUAL_PATCH_ATTRIBUTES,
    PATCH_ATTRIBUTES,
    'patches of photographs',
  );
  const { engine, signal, stages } = call;
  const count = o.entities ?? USUAL_PATCHES;
  return async (model, { size, apex }) => {
    const refs = await platform.listImages(images, o.seed, { signal, warn: call.warn });
    const most = Math.ceil((MORE_PLACES * count) / refs.length);
    const found: Patch[] = [];
    const from: number[] = [];
    const failures: ImageFailure[] = [];
    const pool = await platform.pool(engine, model, call.warn);
    stages.start('patches');
    try {
      const cut = { side: imageInput(model.description).size, size, apex, most, seed: o.seed };
      await pool.mapOrdered<ImageRef, PatchesResult>(
        refs,
        (ref, index) => ({
          name: 'disentangle-patches',
          payload: { ref, index, ...cut } satisfies PatchesPayload,
        }),
        (result, index) => {
          if ('failure' in result) {
            failures.push(result.failure);
            call.skipped(result.failure);
          } else
            for (const patch of result.patches) {
              found.push(patch);
              from.push(index);
            }
          stages.update(index + 1, refs.length, 'photographs');
        },
        { ahead: 2, signal },
      );
    } finally {
      pool.dispose();
    }
    if (failures.length === refs.length) throw noneUsable(refs.length, failures);
    if (found.length < 16)
      throw new InputError(
        `only ${found.length} places of ${refs.length} photographs can be told apart (one orientation, clear sides, grey or coloured); give more photographs`,
      );
    const chosen = balanced(found, names, count, new Rng(o.seed, STREAM_BALANCE));
    const patches = chosen.map((i) => found[i]);
    stages.finish(
      `${patches.length} of ${found.length} places in ${refs.length - failures.length} photographs`,
    );
    return {
      pictures: patches.map(({ pixels }) => ({ pixels })),
      attributes: patchAttributes(names, patches),
      groups: chosen.map((i) => String(from[i])),
    };
  };
}

// Which class a picture has: the folder that it is in, as ImageFolder of torchvision and most data sets have it, or a row of a
// CSV file.
import { InputError } from '../../core/errors.js';
import type { ImageFailure, ImageRef } from '../../images/types.js';
import { labelImages, parseClassLabels } from '../downstream/labels.js';
import type { LabelledRef } from './data.js';

export interface Classes {
  pictures: LabelledRef[];
  /** Pictures without a class. */
  without: ImageFailure[];
}

/** `labels`: of a CSV file, in place of folders. InputError: pictures that are in no folder of their own, a faulty file. */
export function classesOf(
  refs: readonly ImageRef[],
  labels: { text: string; label: string } | undefined,
): Classes {
  if (!labels) return { pictures: byFolder(refs), without: [] };
  const { labels: rows, classes } = parseClassLabels(labels.text, labels.label);
  const { labelled, unlabelled } = labelImages(refs, rows, labels.label);
  return {
    pictures: labelled.map(({ ref, class: index }) => ({ ref, class: classes[index] })),
    without: unlabelled,
  };
}

/** The class of each is the first folder in which their paths differ. */
function byFolder(refs: readonly ImageRef[]): LabelledRef[] {
  const paths = refs.map((ref) =>
    (ref.kind === 'file' ? ref.path : ref.name).replaceAll('\\', '/').split('/').filter(Boolean),
  );
  let common = 0;
  while (paths.every((path) => path.length > common + 2 && path[common] === paths[0][common])) common++;
  return refs.map((ref, i) => {
    if (paths[i].length < common + 2)
      throw new InputError(
        `${ref.name}: lies in no folder that names its class; put the pictures into a folder for each class, or give --labels`,
      );
    return { ref, class: paths[i][common] };
  });
}

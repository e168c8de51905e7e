// Which class is on which photograph, from a CSV with a column of files and one of classes.
import { InputError } from '../../core/errors.js';
import { parseCsv } from '../../formats/csv.js';
import type { ImageFailure, ImageRef } from '../../images/types.js';

/** Names of the columns, in order of preference; case does not count. */
const FILE_COLUMNS = ['file', 'filename', 'image', 'path'];
const CLASS_COLUMNS = ['class', 'class_index', 'target', 'label'];

export interface Label {
  /** As written, with `/` between folders. */
  file: string;
  /** Index of the class in the network's softmax. */
  class: number;
}

export interface LabelledImage {
  ref: ImageRef;
  class: number;
}

/** Labels of a network with `classes` classes. InputError names the line: not an index, outside the classes, contradictory. */
export function parseLabels(text: string, label: string, classes: number): Label[] {
  return [...rowsOf(text, label)].map(({ file, written, where, header }) => {
    if (!/^\d{1,9}$/.test(written))
      throw new InputError(
        `${where}: '${written.slice(0, 40)}' in column '${header}' is not the index of a class`,
      );
    const index = Number(written);
    if (index >= classes)
      throw new InputError(`${where}: class ${index} of '${file}': the network has 0 to ${classes - 1}`);
    return { file, class: index };
  });
}

/** Labels of a network that is yet to be trained: any names, sorted. InputError names the line: no name, contradictory. */
export function parseClassLabels(text: string, label: string): { labels: Label[]; classes: string[] } {
  const rows = [...rowsOf(text, label)];
  const nameless = rows.find(({ written }) => !written);
  if (nameless) throw new InputError(`${nameless.where}: names no class of '${nameless.file}'`);
  const classes = [...new Set(rows.map(({ written }) => written))].sort();
  return { labels: rows.map(({ file, written }) => ({ file, class: classes.indexOf(written) })), classes };
}

interface Row {
  file: string;
  /** The class as written. */
  written: string;
  where: string;
  header: string;
}

/** One a file. */
function rowsOf(text: string, label: string): Iterable<Row> {
  const { header, rows } = parseCsv(text, label);
  const fileColumn = column(header, FILE_COLUMNS, label);
  const classColumn = column(header, CLASS_COLUMNS, label);
  if (!rows.length) throw new InputError(`${label}: has a header but no rows`);
  const seen = new Map<string, Row>();
  for (const { line, fields } of rows) {
    const file = normal(fields[fileColumn]);
    const written = fields[classColumn].trim();
    const where = `${label}: line ${line}`;
    if (!file) throw new InputError(`${where}: names no file`);
    const before = seen.get(file);
    if (before && before.written !== written)
      throw new InputError(`${where}: '${file}' is class ${written} here and ${before.written} further up`);
    seen.set(file, { file, written, where, header: header[classColumn] });
  }
  return seen.values();
}

function column(header: string[], names: string[], label: string): number {
  const have = header.map((h) => h.trim().toLowerCase());
  for (const name of names) {
    const at = have.indexOf(name);
    if (at >= 0) return at;
  }
  throw new InputError(
    `${label}: no column is named ${names.join(', ')} (the header is ${header.join(',')})`,
  );
}

const normal = (path: string): string =>
  path
    .trim()
    .replaceAll('\\', '/')
    .replace(/^(\.\/)+/, '');

export interface LabelledImages {
  labelled: LabelledImage[];
  /** Images that no label names. */
  unlabelled: ImageFailure[];
  /** Files that are named but are not among the images. */
  missing: string[];
}

/**
 * Gives each image its label: the one that names the longest tail of its path, so that
 * `cats/1.jpg` and `dogs/1.jpg` are told apart. InputError where one label names two
 * images, or no image has a label.
 */
export function labelImages(
  images: readonly ImageRef[],
  labels: readonly Label[],
  label: string,
): LabelledImages {
  const byFile = new Map(labels.map((l) => [l.file, l]));
  const owner = new Map<string, ImageRef>();
  const labelled: LabelledImage[] = [];
  const unlabelled: ImageFailure[] = [];
  for (const ref of images) {
    const found = tails(ref.kind === 'file' ? ref.path : ref.name).find((tail) => byFile.has(tail));
    if (found === undefined) {
      unlabelled.push({ name: ref.name, reason: `${ref.name}: has no label in ${label}` });
      continue;
    }
    const other = owner.get(found);
    if (other)
      throw new InputError(
        `${label}: '${found}' fits two images, ${pathOf(other)} and ${pathOf(ref)}; write more of their paths`,
      );
    owner.set(found, ref);
    labelled.push({ ref, class: byFile.get(found)!.class });
  }
  if (!labelled.length)
    throw new InputError(
      `${label}: none of the ${images.length} images has a label in it; the first image: ${images[0]?.name}, the first label: ${labels[0]?.file}`,
    );
  return { labelled, unlabelled, missing: labels.map((l) => l.file).filter((file) => !owner.has(file)) };
}

const pathOf = (ref: ImageRef): string => (ref.kind === 'file' ? ref.path : ref.name);

/** a/b/c, b/c, c. */
function tails(path: string): string[] {
  const parts = normal(path).split('/');
  return parts.map((_, i) => parts.slice(i).join('/'));
}

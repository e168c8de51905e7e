// Which pictures a user means: a folder, a glob, files, a list file, or `procedural[:N]`.
import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { glob, isDynamicPattern } from 'tinyglobby';
import { InputError } from '../core/errors.js';
import type { CoreMath } from '../core/math.js';
import { readRegularFile } from '../formats/read-file.node.js';
import { decodeFile, decodeImage } from './decode.node.js';
import { blobBytes, checkFileSize, type NamedImages, namedBytes, nameSet, noPicture } from './identity.js';
import { proceduralImage } from './procedural.js';
import { proceduralSpec } from './procedural-set.js';
import type { ImageRef, RgbImage, StoredRef } from './types.js';

const EXTENSIONS = new Set(['.jpg', '.jpeg', '.png', '.webp', '.gif', '.tif', '.tiff', '.avif']);

const isPicture = (file: string): boolean =>
  EXTENSIONS.has(extname(file).toLowerCase()) && !basename(file).startsWith('.');

/**
 * Pictures in order of name. `seed` is that of procedural pictures. A file that is met again by another
 * path (a symbolic link, a second pattern) is taken once, and `warn` told. Throws where there are none.
 */
export async function listImages(
  specs: readonly string[],
  seed: number,
  warn: (message: string) => void = console.warn,
): Promise<ImageRef[]> {
  const listed: ImageRef[] = [];
  // Not spread into push(): its arguments lie on the stack, which a million of them overflow.
  for (const spec of specs) for (const ref of await listOne(spec, seed)) listed.push(ref);
  const refs = await eachOnce(listed, warn);
  const names = new Map<string, number>();
  for (const ref of refs) names.set(ref.name, (names.get(ref.name) ?? 0) + 1);
  // Files of one name in different folders are told apart by their path.
  for (const ref of refs) if (ref.kind === 'file' && names.get(ref.name)! > 1) ref.name = ref.path;
  return refs;
}

/** Paths resolved at a time. */
const AT_ONCE = 256;

/** Without the files that came before: counted twice, a picture could be trained on and held out. */
async function eachOnce(refs: ImageRef[], warn: (message: string) => void): Promise<ImageRef[]> {
  const seen = new Map<string, string>();
  const out: ImageRef[] = [];
  let again: string | undefined;
  for (let at = 0; at < refs.length; at += AT_ONCE) {
    const part = refs.slice(at, at + AT_ONCE);
    // One that cannot be resolved cannot be read either, and is said to be so then.
    const real = await Promise.all(
      part.map((ref) => (ref.kind === 'file' ? realpath(ref.path).catch(() => ref.path) : undefined)),
    );
    for (const [i, ref] of part.entries()) {
      const path = real[i];
      const before = path === undefined ? undefined : seen.get(path);
      if (before !== undefined) again ??= `${(ref as { path: string }).path} is ${before}`;
      else {
        if (path !== undefined) seen.set(path, (ref as { path: string }).path);
        out.push(ref);
      }
    }
  }
  if (again !== undefined)
    warn(
      `${refs.length - out.length} of ${refs.length} pictures are files that were listed before, by another path ` +
        `or again (the first: ${again}); each file is taken once`,
    );
  return out;
}

async function listOne(spec: string, seed: number): Promise<ImageRef[]> {
  const procedural = proceduralSpec(spec, seed);
  if (procedural) return procedural;
  const info = await stat(spec).catch(() => undefined);
  if (info?.isDirectory()) {
    const names = await readdir(spec).catch((cause) => {
      throw new InputError(`${spec}: this folder cannot be read (${cause.code ?? cause.message})`, { cause });
    });
    const files = names.filter(isPicture).sort();
    if (!files.length)
      throw new InputError(
        `${spec}: no image in this folder (JPEG, PNG, WebP); for subfolders give a glob such as '${join(spec, '**/*.jpg')}'`,
      );
    return files.map((file) => fileRef(join(spec, file)));
  }
  if (info?.isFile()) return extname(spec).toLowerCase() === '.txt' ? listFile(spec) : [fileRef(spec)];
  if (isDynamicPattern(spec)) {
    const files = (await glob([spec.replaceAll('\\', '/')], { expandDirectories: false }))
      .filter(isPicture)
      .sort();
    if (!files.length) throw new InputError(`${spec}: no image matches this pattern`);
    return files.map(fileRef);
  }
  throw new InputError(`${spec}: no such image, folder or pattern`);
}

const fileRef = (path: string): ImageRef => ({ kind: 'file', name: basename(path), path });

/** One path per line, relative to the list's folder; empty lines and lines with # are skipped. */
async function listFile(path: string): Promise<ImageRef[]> {
  const text = new TextDecoder().decode(await readRegularFile(path));
  const lines = text.split(/\r?\n/).map((l) => l.trim());
  const files = lines.filter((l) => l && !l.startsWith('#'));
  if (!files.length) throw new InputError(`${path}: this list names no image`);
  return files.map((file) => fileRef(resolve(dirname(path), file)));
}

/** Pixels of a picture; procedural ones are drawn at the network's input size. */
export async function loadImage(ref: ImageRef, math: CoreMath, size: number): Promise<RgbImage> {
  if (ref.kind === 'procedural') return proceduralImage(math, ref.seed, ref.index, size);
  if (ref.kind === 'tokens') throw noPicture(ref.name);
  if (ref.kind === 'file' && ref.sha256 === undefined) return decodeFile(ref.path, ref.name);
  if (ref.kind === 'blob') checkFileSize(ref.name, ref.blob.size);
  const bytes = await namedBytes(ref, wholeFile);
  checkFileSize(ref.name, bytes.length);
  return decodeImage(bytes, ref.name);
}

const wholeFile = (ref: StoredRef): Promise<Uint8Array> =>
  ref.kind === 'file' ? readRegularFile(ref.path, undefined, ref.name) : blobBytes(ref);

/** Pictures that are named before other work has its turn. */
const NAMED_AT_ONCE = 32;

/** The set by names and contents, in order, and its pictures, which from then on are read only as they were. */
export function nameImages(
  refs: readonly ImageRef[],
  known?: readonly (string | null)[],
): Promise<NamedImages> {
  let read = 0;
  return nameSet(
    refs,
    async (ref) => {
      if (ref.kind !== 'file') return wholeFile(ref);
      // Waiting for Node's threads takes more than reading and naming a photograph.
      if (++read % NAMED_AT_ONCE === 0) await setImmediate();
      return readRegularFile(ref.path, undefined, ref.name, true);
    },
    known,
  );
}

/** What changes when a file is written: its size and time; of what is no file, nothing. */
export async function stampsOf(refs: readonly ImageRef[]): Promise<string[]> {
  const stamps: string[] = [];
  for (let at = 0; at < refs.length; at += AT_ONCE)
    stamps.push(
      ...(await Promise.all(
        refs.slice(at, at + AT_ONCE).map(async (ref) => {
          const info = ref.kind === 'file' ? await stat(ref.path).catch(() => undefined) : undefined;
          return info ? `${info.size} ${info.mtimeMs}` : '';
        }),
      )),
    );
  return stamps;
}

/** Identity of an image set: names and contents, in order. A changed picture under an old name counts. */
export const imageSetHash = async (refs: readonly ImageRef[]): Promise<string> =>
  (await nameImages(refs)).hash;

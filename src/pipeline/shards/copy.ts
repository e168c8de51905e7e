// Folders of finished work (checksums.ts), brought from a share to where one machine has them.
import { UsageError } from '../../core/errors.js';
import { CHECKSUMS_FILE, DamagedFile, damageOf, finishedFiles } from '../../formats/checksums.js';
import { digestOfFile, readPieces } from '../../formats/file-pieces.js';
import type { Storage } from '../../formats/storage.js';

/**
 * Copies the files of a finished folder, in the order in which they were written. A finished folder that is there stays; the
 * files `alike` of it must be those of `from` (others tell of times, which differ). True: it was there. DamagedFile with
 * `remedy`: a file is missing, or not as it was written. UsageError: something else is there.
 */
export async function copyFinished(
  from: Storage,
  to: Storage,
  remedy: string,
  alike: readonly string[] = [],
): Promise<boolean> {
  const names = await finishedFiles(from);
  if (!names?.length)
    throw new DamagedFile(`${from.label}/${CHECKSUMS_FILE}: is missing or damaged; ${remedy}`);
  for (const name of names)
    if ((await from.size(name)) === undefined)
      throw new DamagedFile(`${from.label}/${name}: is missing; ${remedy}`);
  const damage = await damageOf(from);
  if (damage !== undefined) throw new DamagedFile(`${damage}; ${remedy}`);
  if (await isFinished(to)) {
    for (const name of alike)
      if ((await digestOfFile(to, name)) !== (await digestOfFile(from, name)))
        throw new UsageError(
          `${to.label}: holds something else, which is kept; choose another folder with --out`,
        );
    return true;
  }
  // With the last file a folder is finished.
  for (const name of [...names.slice(0, -1), CHECKSUMS_FILE, ...names.slice(-1)]) {
    const size = (await from.size(name))!;
    await to.write(name, { size, pieces: () => readPieces(from, name, 0, size) });
  }
  return false;
}

/** Whole and as it was written; otherwise it is written again. */
async function isFinished(folder: Storage): Promise<boolean> {
  const names = await finishedFiles(folder);
  if (!names?.length) return false;
  for (const name of names) if ((await folder.size(name)) === undefined) return false;
  return (await damageOf(folder)) === undefined;
}

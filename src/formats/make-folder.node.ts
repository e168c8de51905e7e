// Making a folder and those above it. Node's own `recursive` never returns where the system says
// ENOENT of a new folder in one that is there (/proc/x): it makes the parent, tries again, and so on.
import type * as fsp from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

/** Another process may take away again what it made: the parent is made this often at most. */
const ATTEMPTS = 5;

/** Makes `dir` where it is not there. Rejects with the system's error. Returns the folders made, outermost first. */
export async function makeFolder(dir: string, fs: Pick<typeof fsp, 'mkdir' | 'stat'>): Promise<string[]> {
  const isFolder = async (path: string) =>
    (await fs.stat(path).catch(() => undefined))?.isDirectory() ?? false;
  const parent = dirname(resolve(dir));
  const made: string[] = [];
  for (let attempt = 1; !(await isFolder(dir)); attempt++) {
    if (parent !== resolve(dir)) made.push(...(await makeFolder(parent, fs)));
    try {
      await fs.mkdir(dir);
      made.push(dir);
    } catch (error) {
      if (await isFolder(dir)) break; // another process was faster
      const gone = (error as NodeJS.ErrnoException).code === 'ENOENT' && !(await isFolder(parent));
      if (!gone || attempt === ATTEMPTS) throw error;
    }
  }
  return made;
}

/** Takes folders away again, innermost first, as far as nothing is in them. */
export async function removeMade(made: readonly string[], fs: Pick<typeof fsp, 'rmdir'>): Promise<void> {
  for (const dir of made.toReversed()) {
    const empty = await fs.rmdir(dir).then(
      () => true,
      () => false,
    );
    if (!empty) return;
  }
}

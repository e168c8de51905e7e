// Making a folder and those above it. Node's own `recursive` never returns where the system says
// ENOENT of a new folder in one that is there (/proc/x): it makes the parent, tries again, and so on.
import type * as fsp from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

/** Makes `dir` where it is not there. Rejects with the system's error. */
export async function makeFolder(dir: string, fs: Pick<typeof fsp, 'mkdir' | 'stat'>): Promise<void> {
  const isFolder = async () => (await fs.stat(dir).catch(() => undefined))?.isDirectory() ?? false;
  if (await isFolder()) return;
  const parent = dirname(resolve(dir));
  if (parent !== resolve(dir)) await makeFolder(parent, fs);
  await fs.mkdir(dir).catch(async (error) => {
    if (!(await isFolder())) throw error; // another process may have been faster
  });
}

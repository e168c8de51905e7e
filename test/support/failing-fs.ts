// Fault injection for Storage (FAULTS S2).
import * as fsp from 'node:fs/promises';
import type { FileSystem } from '../../src/formats/storage.node.js';

/** The real file system, whose n-th operation fails with `code` (a short write for SHORT). */
export function failing(n: number, code: string): { fs: FileSystem; count: () => number } {
  let done = 0;
  const due = () => ++done === n;
  const boom = () => Object.assign(new Error(`${code}: injected`), { code: code === 'SHORT' ? 'EIO' : code });
  const guard =
    <A extends unknown[], R>(f: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      if (due()) throw boom();
      return f(...args);
    };
  const fs = {
    rename: guard(fsp.rename),
    unlink: guard(fsp.unlink),
    mkdir: guard(fsp.mkdir as never),
    rmdir: guard(fsp.rmdir),
    readdir: guard(fsp.readdir as never),
    readFile: guard(fsp.readFile as never),
    stat: guard(fsp.stat as never),
    open: guard(async (...args: Parameters<typeof fsp.open>) => {
      const handle = await fsp.open(...args);
      return {
        sync: guard(() => handle.sync()),
        close: async () => handle.close(),
        read: guard(handle.read.bind(handle) as never),
        write: async (data: Uint8Array, at: number, length: number, position: number) => {
          if (due()) {
            if (code !== 'SHORT') throw boom();
            // A short write is not an error: the rest must follow.
            return handle.write(data, at, Math.min(1, length), position);
          }
          return handle.write(data, at, length, position);
        },
      };
    }),
  };
  return { fs: fs as unknown as FileSystem, count: () => done };
}

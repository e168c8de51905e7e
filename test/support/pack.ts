// The package as npm would publish it, packed once.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './paths.js';
import { sharedCopy } from './shared.js';

export interface Pack {
  files: { path: string; size: number }[];
  /** Bytes of the tarball, and of what is in it. */
  size: number;
  unpackedSize: number;
  /** The tarball. */
  path: string;
}

/** What `npm pack --json` says, and the tarball. */
export async function packed(): Promise<Pack> {
  const folder = await sharedCopy('package', async (into) => {
    const said = execFileSync('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', into], {
      cwd: ROOT,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      shell: process.platform === 'win32',
    });
    writeFileSync(join(into, 'pack.json'), said);
  });
  const [pack] = JSON.parse(readFileSync(join(folder, 'pack.json'), 'utf8'));
  return { ...pack, path: join(folder, pack.filename) };
}

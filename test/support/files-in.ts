// What a folder holds, for comparing folders to the byte.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { filled } from './filled.js';

/** SHA-256 of every file below `folder` by its path, but those below `without`. */
export function filesIn(folder: string, without: readonly string[] = []): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath ?? entry.path, entry.name)))
    .filter((path) => !without.includes(path.split(/[/\\]/)[0]))
    .sort();
  return Object.fromEntries(
    filled(files).map((path) => [
      path,
      createHash('sha256')
        .update(readFileSync(join(folder, path)))
        .digest('hex'),
    ]),
  );
}

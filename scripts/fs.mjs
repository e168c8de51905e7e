import { readdirSync } from 'node:fs';
import { join } from 'node:path';

export {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';

/** Every file below `dir` whose name ends in `ending`, sorted (node:fs has globSync from Node 22 on only). */
export function globSync(dir, ending) {
  return readdirSync(dir, { recursive: true })
    .filter((f) => f.endsWith(ending))
    .map((f) => join(dir, f))
    .sort();
}

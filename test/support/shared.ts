// Set-up that several files of tests need, made once: a folder named by what made it, below dist/.
// Two processes that want it at a time do not make it twice; nobody writes to it: users get copies.
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from './cli.js';
import { ROOT } from './paths.js';
import { until } from './until.js';

const HOME = join(ROOT, 'dist/.shared');

/** Everything that is packed and run: whoever changes it gets another folder. */
const PRODUCT = [
  ...['dist/src', 'dist/models', 'dist/core', 'dist/explorer', 'docs'],
  ...['package.json', 'README.md', 'CHANGELOG.md', 'THIRD-PARTY-NOTICES.md', 'LICENSE'],
];

let product: string | undefined;

/** Hash of the built package. */
function productHash(): string {
  if (product) return product;
  const hash = createHash('sha256').update(process.version);
  for (const top of PRODUCT) {
    const at = join(ROOT, top);
    const files = statSync(at).isFile()
      ? ['']
      : readdirSync(at, { recursive: true, encoding: 'utf8' }).sort();
    for (const file of files) {
      const path = join(at, file);
      if (statSync(path).isFile()) hash.update(`${top}/${file}\0`).update(readFileSync(path)).update('\0');
    }
  }
  product = hash.digest('hex').slice(0, 16);
  return product;
}

/** A private copy of the folder that `make` fills, in this process or another, once for this build. */
export async function sharedCopy(name: string, make: (folder: string) => Promise<void>): Promise<string> {
  const copy = join(temporaryFolder(name), name);
  cpSync(await made(name, make), copy, { recursive: true });
  return copy;
}

async function made(name: string, make: (folder: string) => Promise<void>): Promise<string> {
  const home = join(HOME, productHash());
  const folder = join(home, name);
  const lock = `${folder}.lock`;
  mkdirSync(home, { recursive: true });
  while (!existsSync(folder)) {
    // Where another process makes it, until that is done or has ended.
    const mine = await until(() => (taken(lock) ? 'mine' : existsSync(folder) && 'made'), 50);
    if (mine === 'made') break;
    try {
      if (existsSync(folder)) break;
      forgetOthers();
      const unfinished = mkdtempSync(`${folder}.`);
      await make(unfinished);
      renameSync(unfinished, folder);
    } finally {
      rmSync(lock, { force: true });
    }
  }
  return folder;
}

/** Takes the lock, also from a process that has ended without giving it back. */
function taken(lock: string): boolean {
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' });
    return true;
  } catch {
    const holder = Number(existsSync(lock) ? readFileSync(lock, 'utf8') : '') || undefined;
    if (holder && !lives(holder)) rmSync(lock, { force: true });
    return false;
  }
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** What earlier builds made. */
function forgetOthers(): void {
  for (const other of readdirSync(HOME))
    if (other !== productHash()) rmSync(join(HOME, other), { recursive: true, force: true });
}

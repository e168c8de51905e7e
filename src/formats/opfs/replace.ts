// Replacing a file so that whoever looks, also after a killed tab, finds the old content
// or the new one. Two ways:
//
// 1. move: temporary file, flush, move() over the file. One transaction of the browser.
// 2. two steps, where there is no move(), or one that refuses to overwrite (Safari's):
//      a. `.<name>.new` gets the content, flushed;
//      b. `.<name>.commit`, empty, is created: from here on the new content counts;
//      c. the file itself gets the content; d. the commit goes; e. the copy goes.
//    Readers take `.<name>.new` while there is a commit, since the file may be half written
//    then. Killed before b: the old content, killed after it: the new one. The next writer,
//    or the next to lock the folder, does c to e again.
import { cutPieces, PIECE_BYTES, type Pieces } from '../pieces.js';
import { exists, type FileEntry, type Folder, isMissing, removeIfThere } from './handles.js';

const copyOf = (name: string): string => `.${name}.new`;
const commitOf = (name: string): string => `.${name}.commit`;
const OWN = /^\.(.+)\.(tmp|new|commit)$/;
/** Where Chromium collects what a stream writes; a killed tab leaves it. */
const SWAP = /\.crswap$/;
/** Of larger pieces Chromium reports a broken pipe now and then where the quota is what broke it. */
const PIECE = 1 << 16;

let agentName: string | undefined;
/** Tells the temporary files of this thread from those of others, which may be dead. */
function agent(): string {
  agentName ??= Array.from(crypto.getRandomValues(new Uint32Array(2)), (n) => n.toString(36)).join('');
  return agentName;
}
let writes = 0;
/** Set once the two steps succeeded where move() had not. */
let cannotOverwrite = false;

/** Names that the ways above use for themselves. */
export const isReserved = (name: string): boolean => OWN.test(name) || SWAP.test(name);

/** Names of the files as callers know them, sorted. */
export function visibleNames(entries: Iterable<string>): string[] {
  const names = new Set<string>();
  for (const entry of entries) {
    const own = OWN.exec(entry);
    if (!isReserved(entry)) names.add(entry);
    else if (own?.[2] === 'commit') names.add(own[1]);
  }
  return [...names].sort();
}

/** The current content. NotFoundError where there is none. */
export async function currentFile(folder: Folder, name: string): Promise<File> {
  for (let attempt = 0; ; attempt++) {
    const committed = await exists(folder, commitOf(name));
    try {
      return await (await folder.getFileHandle(committed ? copyOf(name) : name)).getFile();
    } catch (error) {
      // The writer was faster and has cleaned up: the file itself is whole now.
      if (!committed || attempt > 2 || !isMissing(error)) throw error;
    }
  }
}

export async function replaceFile(folder: Folder, name: string, content: Pieces): Promise<void> {
  await settle(folder, name);
  await exists(folder, name); // a folder of this name is an error now, not after the commit
  if (!cannotOverwrite && (await byMove(folder, name, content))) return;
  await inTwoSteps(folder, name, content);
  cannotOverwrite = true;
}

/** False where there is no move(), or where it failed. */
async function byMove(folder: Folder, name: string, content: Pieces): Promise<boolean> {
  const temporary = `.${name}.${agent()}-${writes++}.tmp`;
  const handle = await folder.getFileHandle(temporary, { create: true });
  let moved = false;
  try {
    if (!handle.move) return false;
    await fill(handle, content);
    moved = await handle.move(name).then(
      () => true,
      () => false,
    );
    return moved;
  } finally {
    if (!moved) await folder.removeEntry(temporary).catch(() => {});
  }
}

async function inTwoSteps(folder: Folder, name: string, content: Pieces): Promise<void> {
  try {
    await fill(await folder.getFileHandle(copyOf(name), { create: true }), content);
  } catch (error) {
    await folder.removeEntry(copyOf(name)).catch(() => {});
    throw error;
  }
  await folder.getFileHandle(commitOf(name), { create: true });
  await settle(folder, name);
}

/** Ends what a killed writer had committed. */
export async function settle(folder: Folder, name: string): Promise<void> {
  if (!(await exists(folder, commitOf(name)))) return;
  const copy = await (await folder.getFileHandle(copyOf(name))).getFile();
  await fill(await folder.getFileHandle(name, { create: true }), piecesOfFile(copy));
  await folder.removeEntry(commitOf(name));
  await removeIfThere(folder, copyOf(name));
}

/** For the owner of the folder's lock: ends what others had committed, and removes what they left. */
export async function cleanUp(folder: Folder): Promise<void> {
  const entries: string[] = [];
  for await (const entry of folder.keys()) entries.push(entry);
  for (const entry of entries) {
    const own = OWN.exec(entry);
    if (own?.[2] === 'commit') await settle(folder, own[1]);
  }
  for (const entry of entries) {
    const own = OWN.exec(entry);
    const left =
      own?.[2] === 'new' ||
      (own?.[2] === 'tmp' && !own[1].includes(`.${agent()}-`)) ||
      (SWAP.test(entry) && !entry.includes(`.${agent()}-`));
    // One that another thread holds open is not that of a dead one.
    if (left) await folder.removeEntry(entry).catch(() => {});
  }
}

/** The file first: while the commit stands, its copy is what counts. */
export async function removeFile(folder: Folder, name: string): Promise<void> {
  await removeIfThere(folder, name);
  await removeIfThere(folder, commitOf(name));
  await removeIfThere(folder, copyOf(name));
}

const piecesOfFile = (file: File): Pieces => ({
  size: file.size,
  async *pieces() {
    for (let at = 0; at < file.size; at += PIECE_BYTES)
      yield new Uint8Array(await file.slice(at, at + PIECE_BYTES).arrayBuffer());
  },
});

/** Handles refuse views of shared memory. */
const unshared = (data: Uint8Array): Uint8Array<ArrayBuffer> =>
  data.buffer instanceof ArrayBuffer ? (data as Uint8Array<ArrayBuffer>) : new Uint8Array(data);

/** The content, flushed. Nobody else may be looking. */
async function fill(handle: FileEntry, content: Pieces): Promise<void> {
  if (!handle.createSyncAccessHandle) return throughWritable(handle, content);
  const access = await handle.createSyncAccessHandle();
  try {
    access.truncate(0);
    let at = 0;
    for await (const piece of cutPieces(content)) {
      const bytes = unshared(piece);
      for (let done = 0; done < bytes.byteLength; ) {
        const written = access.write(bytes.subarray(done), { at: at + done });
        if (!(written > 0)) throw new DOMException('nothing more could be written', 'QuotaExceededError');
        done += written;
      }
      at += bytes.byteLength;
    }
    access.flush();
  } finally {
    access.close();
  }
}

async function throughWritable(handle: FileEntry, content: Pieces): Promise<void> {
  if (!handle.createWritable)
    throw new DOMException('this browser writes files in dedicated workers only', 'NotSupportedError');
  const stream = await handle.createWritable();
  try {
    for await (const piece of cutPieces(content)) {
      const bytes = unshared(piece);
      for (let at = 0; at < bytes.byteLength; at += PIECE) await stream.write(bytes.subarray(at, at + PIECE));
    }
    await stream.close();
  } catch (error) {
    await stream.abort().catch(() => {});
    throw error;
  }
}

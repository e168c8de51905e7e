// The name of a set of pictures for shards. It needs the digest of every picture, and a shard reads only its own: the first one to
// read them all leaves what it found beside the shards, by names, sizes and times of the files. A picture that was changed all the same
// is told by the shard that reads it.
import { sha256 } from '../core/hash.js';
import type { Storage } from '../formats/storage.js';
import { digestsOf, type NamedImages } from '../images/identity.js';
import type { ImageRef } from '../images/types.js';
import { SHARES_FOLDER } from '../pipeline/shards/record.js';
import type { OutSpec, Platform } from './platform.js';

export async function namedPictures(
  platform: Platform,
  { shard, out }: { shard?: string; out: OutSpec },
  listed: readonly ImageRef[],
): Promise<NamedImages> {
  const stamps = shard === undefined ? undefined : await platform.stampsOf?.(listed);
  if (!stamps?.some(Boolean)) return platform.nameImages(listed);
  const folder = platform.storage(out).sub(SHARES_FOLDER);
  const key = await sha256(listed.map((ref, i) => `${ref.name}\n${stamps[i]}\n`).join(''));
  const file = `pictures-${key.slice(0, 16)}.txt`;
  const known = await kept(folder, file);
  const named = await platform.nameImages(listed, known);
  if (!known) {
    const lines = digestsOf(named)
      .map((digest) => `${digest ?? ''}\n`)
      .join('');
    await folder.write(file, `${await sha256(lines)}\n${lines}`);
  }
  return named;
}

/** A digest a line, below that of all of them; undefined where there are none, or they are damaged. */
async function kept(folder: Storage, file: string): Promise<(string | null)[] | undefined> {
  if ((await folder.size(file)) === undefined) return undefined;
  const text = new TextDecoder().decode(await folder.read(file));
  const at = text.indexOf('\n') + 1;
  const lines = text.slice(at);
  if (text.slice(0, at - 1) !== (await sha256(lines))) return undefined;
  return lines
    .split('\n')
    .slice(0, -1)
    .map((digest) => digest || null);
}

// A disentangling study cut over machines: a share trains every N-th part, and the parts of all are brought together.
import type { Storage } from '../../formats/storage.js';
import type { StudyInParts } from '../disentangle-parts.js';
import { copyFinished } from './copy.js';
import { mendedBy, OpenShare, type ShareRecord } from './record.js';
import { type Share, turnOf } from './share.js';

/** Folders of parts. */
const KINDS = ['readout', 'answers', 'ends', 'masks'];

/** Trains, or takes, every N-th part of the studies that make one result. */
export async function disentangleShare(
  out: Storage,
  studies: readonly StudyInParts[],
  share: Share,
  { call, asked, warn }: { call: object | null; asked: object; warn: (message: string) => void },
): Promise<{ folder: Storage; record: ShareRecord; reused: boolean }> {
  const all = studies.reduce((n, { count }) => n + count, 0);
  const own = new Set(turnOf(share, all));
  const identity = { studies: studies.map((study) => study.identity), asked };
  const opened = await OpenShare.open(
    out,
    { ...{ command: 'disentangle', identity, call, unit: 'parts', all }, facts: {} },
    share,
    own.size,
    warn,
  );
  const { folder, before } = opened;
  try {
    let [first, done] = [0, 0];
    for (const { count, some } of studies) {
      const from = first;
      await some(folder, { has: (i) => own.has(from + i), onDone: () => opened.progress(++done, 0) });
      first += count;
    }
    const parts: { path: string }[] = [];
    for (const kind of KINDS)
      for (const name of await folder.sub(kind).list()) parts.push({ path: `${kind}/${name}` });
    return { folder, record: await opened.finish(parts, 0), reused: before?.complete === true };
  } finally {
    await opened.close();
  }
}

/** The parts of all shares of one job, where one machine has them in `out`. True: all of them were there. */
export async function joinDisentangle(
  out: Storage,
  shares: readonly { storage: Storage; record: ShareRecord }[],
): Promise<boolean> {
  const unlock = await out.lock();
  const at = (folder: Storage, path: string) => path.split('/').reduce((f, name) => f.sub(name), folder);
  let same = true;
  try {
    for (const { storage, record } of shares)
      for (const { path } of record.parts as readonly { path: string }[])
        if (!(await copyFinished(at(storage, path), at(out, path), mendedBy(record)))) same = false;
  } finally {
    await unlock();
  }
  return same;
}

// The pass of `examples` cut over machines: what a share's pictures gave, and the state that they give together.
import { DamagedFile } from '../../formats/checksums.js';
import type { Storage } from '../../formats/storage.js';
import type { ImageFailure } from '../../images/types.js';
import {
  type ExamplesJob,
  joinStates,
  passIdentity,
  passOver,
  type Sizes,
  type State,
  savedState,
  sizesOf,
  stateFolder,
} from '../examples.js';
import { mendedBy, OpenShare, type ShareRecord } from './record.js';
import { type Share, spanOf } from './share.js';

/** `call`: options that end the command's work. `asked`: those of them that its result depends on, besides the job. */
export async function examplesShare(
  job: ExamplesJob,
  share: Share,
  call: object | null,
  asked: object,
): Promise<{ folder: Storage; record: ShareRecord; failures: ImageFailure[]; reused: boolean }> {
  const { images, out, progress } = job;
  const span = spanOf(share, images.length);
  const pass = passIdentity(job);
  const opened = await OpenShare.open(
    out,
    {
      ...{ command: 'examples', identity: { ...pass, asked }, call, unit: 'images', all: images.length },
      facts: { pass, sizes: sizesOf(job) },
    },
    share,
    span.end - span.first,
    progress.warn,
  );
  try {
    const { state, file, reused } = await passOver(job, opened.folder, span, (done, failures) =>
      opened.progress(done, failures),
    );
    const failures = state.failures.map(({ name, reason }) => ({ name, reason }));
    const record = await opened.finish(file === undefined ? [] : [{ file }], failures.length);
    return { folder: opened.folder, record, failures, reused };
  } finally {
    await opened.close();
  }
}

/** The pass of all shares of one job in their order, in `out` as one machine keeps it. True: it was there. */
export async function joinExamples(
  out: Storage,
  shares: readonly { storage: Storage; record: ShareRecord }[],
): Promise<boolean> {
  const { all, facts } = shares[0].record;
  const { pass, sizes } = facts as { pass: object; sizes: Sizes };
  const unlock = await out.lock();
  try {
    const folder = await stateFolder(out, pass);
    const there = await savedState(folder, sizes, () => {});
    if (there?.state.done === all) return true;
    await joinStates(folder, sizes, statesOf(shares, sizes));
    return false;
  } finally {
    await unlock();
  }
}

async function* statesOf(
  shares: readonly { storage: Storage; record: ShareRecord }[],
  sizes: Sizes,
): AsyncGenerator<State> {
  for (const { storage, record } of shares) {
    const [listed] = record.parts as { file: string }[];
    if (!listed) continue; // it has no pictures
    const found = await savedState(storage, sizes, (message) => {
      throw new DamagedFile(`${message}; ${mendedBy(record)}`);
    });
    if (found?.file !== listed.file)
      throw new DamagedFile(`${storage.label}/${listed.file}: is missing; ${mendedBy(record)}`);
    yield found.state;
  }
}

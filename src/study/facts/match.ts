// Two runs side by side: the best match of each feature in the other run, kept beside the first
// run's data under the hash of both.
import type { Engine } from '../../core/engine.js';
import { damageOf, writeFinished } from '../../formats/checksums.js';
import { encodeSafetensors } from '../../formats/safetensors.js';
import type { Storage } from '../../formats/storage.js';
import { decoderRows } from '../../sae/stability.js';
import { chanceCosines, matchDecoders } from '../../units/similarity.js';
import type { ExplorerData } from './data.js';
import { MATCH_FILE } from './format.js';

/** Pairs of features whose cosines are computed: some minutes of work. */
const MOST_PAIRS = 2 ** 32;

/** The folder of the match, or why the features cannot be matched. */
export async function matchRuns(
  engine: Engine,
  a: ExplorerData,
  b: ExplorerData,
): Promise<{ storage: Storage } | { reason: string }> {
  const [x, y] = [a.run.sae, b.run.sae];
  if (!x || !y) return { reason: 'the autoencoder of one of the runs is not there' };
  const d = x.config.dIn;
  if (d !== y.config.dIn)
    return { reason: `the autoencoders read vectors of ${d} and ${y.config.dIn} dimensions` };
  if (a.index.run.model.sha256 !== b.index.run.model.sha256 || a.index.run.tap !== b.index.run.tap)
    return { reason: 'the runs are of different networks or taps, so that directions mean different things' };
  if (x.config.dSae * y.config.dSae > MOST_PAIRS) return { reason: 'too many pairs of features to compare' };
  const storage = a.home.sub(`match-${a.index.hash}`).sub(b.index.hash);
  if ((await storage.size(MATCH_FILE)) === undefined || (await damageOf(storage)) !== undefined) {
    const m = matchDecoders(engine, decoderRows(x), decoderRows(y), d);
    const column = <T extends Float32Array | Int32Array>(data: T) => ({ shape: [data.length], data });
    await writeFinished(storage, {
      [MATCH_FILE]: encodeSafetensors({
        'a.index': column(m.a.index),
        'a.cosine': column(m.a.cosine),
        'a.chance': column(chanceCosines(engine, decoderRows(x), y.config.dSae, d)),
        'b.index': column(m.b.index),
        'b.cosine': column(m.b.cosine),
      }),
    });
  }
  return { storage };
}

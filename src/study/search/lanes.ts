// Rows of an index that lie in the memories of other threads: each holds its share and answers every query.
import { Peer } from '../../core/peer.js';
import type { Pool } from '../../core/pool.js';
import type { Allowed } from './screened-rows.js';
import type { Bounds } from './shortlist.js';
import { CLOSE, type HoldPayload } from './tasks.js';

export class SearchLanes {
  readonly count: number;
  readonly #peers: Peer[] = [];
  readonly #ends: Promise<unknown>[] = [];

  /** Takes `count` threads of the pool until close(). */
  constructor(pool: Pool, count: number, d: number) {
    this.count = count;
    for (let i = 0; i < count; i++) {
      const { port1, port2 } = new MessageChannel();
      const peer = new Peer(port1, {});
      this.#peers.push(peer);
      // Where a thread has ended, calls that wait are told.
      this.#ends.push(
        pool
          .run('hold', { port: port2, d } satisfies HoldPayload, [port2])
          .catch(() => {})
          .then(() => peer.close()),
      );
    }
  }

  /** A copy goes there: of a view alone, where its buffer is that of a whole matrix. */
  add(lane: number, rows: Float32Array, first: number): Promise<void> {
    return this.#peers[lane].call('add', rows.slice(), first);
  }

  /** Per lane, per query. */
  screen(queries: Float32Array, k: number, allowed: Allowed | undefined): Promise<Bounds[][]> {
    const own = queries.slice();
    return Promise.all(this.#peers.map((peer) => peer.call<Bounds[]>('screen', own, k, allowed)));
  }

  /** The threads are free again when it resolves. */
  async close(): Promise<void> {
    for (const peer of this.#peers) void peer.call(CLOSE).catch(() => {});
    await Promise.all(this.#ends);
  }
}

// A folder of another thread. What is written goes over in pieces, each when it is asked for: nothing is held
// whole on either side.
import type { Answers, Peer } from '../core/peer.js';
import { type Pieces, watched } from './pieces.js';
import type { Storage } from './storage.js';

/** What the thread that has the folders answers. `of`: the other side; `folders`: by the number it names. */
export function storageAnswers(of: () => Peer, folders: readonly Storage[]): Answers {
  const locks = new Map<number, () => Promise<void>>();
  let locked = 0;
  const at = ([folder, ...names]: Path): Storage =>
    names.reduce<Storage>((storage, name) => storage.sub(name as string), folders[folder]);
  return {
    read: (path: Path, name: string) => at(path).read(name),
    readRange: (path: Path, name: string, offset: number, length: number) =>
      at(path).readRange(name, offset, length),
    size: (path: Path, name: string) => at(path).size(name),
    list: (path: Path) => at(path).list(),
    remove: (path: Path, name: string) => at(path).remove(name),
    write: (path: Path, name: string, size: number, content: number) =>
      at(path).write(name, { size, pieces: () => piecesOf(of(), content) }),
    lock: async (path: Path) => {
      locks.set(++locked, await at(path).lock());
      return locked;
    },
    unlock: (lock: number) => locks.get(lock)?.(),
  };
}

/** A folder by its number, and the names of those in it. */
type Path = readonly [number, ...string[]];

async function* piecesOf(peer: Peer, content: number): AsyncGenerator<Uint8Array> {
  await peer.call('begin', content);
  for (;;) {
    const piece = await peer.call<Uint8Array | undefined>('piece', content);
    if (!piece) return;
    yield piece;
  }
}

/** The thread that has no folders: it opens them, and answers for what it writes. */
export class PeerStorages {
  #peer: () => Peer;
  #next = 0;
  #written = new Map<number, { content: Pieces; pieces?: AsyncIterator<Uint8Array> }>();

  constructor(peer: () => Peer) {
    this.#peer = peer;
  }

  readonly answers: Answers = {
    begin: (content: number) => {
      const written = this.#written.get(content)!;
      written.pieces = inTurn(written.content);
    },
    piece: async (content: number) => {
      const next = await this.#written.get(content)!.pieces!.next();
      return next.done ? undefined : next.value;
    },
  };

  open(folder: number, label: string): Storage {
    return this.#at([folder], label);
  }

  #at(path: Path, label: string): Storage {
    const call = <T>(method: string, ...args: unknown[]) => this.#peer().call<T>(method, path, ...args);
    return {
      label,
      read: (name) => call('read', name),
      readRange: (name, offset, length) => call('readRange', name, offset, length),
      size: (name) => call('size', name),
      list: () => call('list'),
      remove: (name) => call('remove', name),
      sub: (name) => this.#at([...path, name], `${label}/${name}`),
      write: async (name, data) => {
        const id = this.#next++;
        const { content } = watched(data);
        this.#written.set(id, { content });
        try {
          await call('write', name, content.size, id);
        } finally {
          this.#written.delete(id);
        }
      },
      lock: async () => {
        const lock = await call<number>('lock');
        return () => this.#peer().call('unlock', lock);
      },
    };
  }
}

async function* inTurn({ pieces }: Pieces): AsyncGenerator<Uint8Array> {
  yield* pieces();
}

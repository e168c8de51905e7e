// Files of the site that are packed, in page and worker.
import { InputError } from '../../../core/errors.js';
import { BRIEF_PIECE, type Brief, briefFile } from '../../../study/atlas/format.js';
import { fetched } from '../fetched.js';

/** JSON of a .gz file; of a host that unpacks such files by itself, as it comes. */
export async function packedJson<T>(url: string): Promise<T> {
  const bytes = await fetched(url);
  const isPacked = bytes[0] === 0x1f && bytes[1] === 0x8b;
  try {
    const text = isPacked
      ? await new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'))).text()
      : new TextDecoder().decode(bytes);
    return JSON.parse(text) as T;
  } catch (cause) {
    throw new InputError(`${url}: is damaged; make the explorer's data again`, { cause });
  }
}

/** Briefs in pieces, each fetched once. */
export class Briefs {
  #pieces = new Map<number, Promise<Brief[]>>();
  #there = new Map<number, Brief[]>();

  constructor(
    readonly base: string,
    readonly documents: number,
  ) {}

  /** At once where its piece is there. */
  now(row: number): Brief | undefined {
    return this.#there.get(Math.floor(row / BRIEF_PIECE))?.[row % BRIEF_PIECE];
  }

  async of(row: number): Promise<Brief> {
    const brief = (await this.#piece(Math.floor(row / BRIEF_PIECE)))[row % BRIEF_PIECE];
    if (!brief) throw new InputError(`document ${row} is not there; make the explorer's data again`);
    return brief;
  }

  async all(): Promise<Brief[]> {
    const count = Math.ceil(this.documents / BRIEF_PIECE);
    return (await Promise.all(Array.from({ length: count }, (_, i) => this.#piece(i)))).flat();
  }

  #piece(i: number): Promise<Brief[]> {
    let piece = this.#pieces.get(i);
    if (!piece) {
      piece = packedJson<Brief[]>(`${this.base}/${briefFile(i * BRIEF_PIECE)}`);
      piece.then(
        (briefs) => this.#there.set(i, briefs),
        () => this.#pieces.delete(i),
      );
      this.#pieces.set(i, piece);
    }
    return piece;
  }
}

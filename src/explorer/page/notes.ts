// Labels, notes and lists of one's own: kept in this browser, and in a file that can be laid next to the run, shared and
// merged. Of two versions of what is said about a unit the later one stays.
import { InputError } from '../../core/errors.js';

export interface Note {
  label: string;
  text: string;
  lists: string[];
  /** ISO 8601, UTC. */
  changed: string;
}

export interface NotesFile {
  format: 'curvesae-notes';
  version: 1;
  /** What the notes are about: other weights have other features. */
  sae: string;
  tap: string;
  /** By unit as results name it. */
  units: Record<string, Note>;
}

/** What notes are about. */
export interface NotesOf {
  /** SHA-256 of the network's weights; '' where nobody knows it. */
  model: string;
  tap: string;
  /** Hash of the autoencoder; '' without. */
  sae: string;
}

const FORMAT = 'curvesae-notes';
const LONGEST = { label: 120, text: 4000, list: 60, lists: 30 } as const;

export class Notes {
  #units: Record<string, Note> = Object.create(null);
  readonly #key: string;
  readonly #of: { sae: string; tap: string };
  /** Why this browser keeps nothing; undefined where it does. */
  lost: string | undefined;

  constructor({ model, tap, sae }: NotesOf) {
    this.#of = { sae, tap };
    this.#key = `curvesae-notes:${model.slice(0, 16)}:${tap}:${sae}`;
    try {
      const kept = localStorage.getItem(this.#key);
      if (kept) this.#units = notesOf(JSON.parse(kept), this.#of);
    } catch (error) {
      this.lost = `this browser does not give the notes back (${(error as Error).message})`;
    }
  }

  of(unit: string): Note | undefined {
    const note = this.#units[unit];
    return note && (note.label || note.text || note.lists.length) ? note : undefined;
  }

  units(): string[] {
    return Object.keys(this.#units)
      .filter((unit) => this.of(unit))
      .sort();
  }

  /** Names of all lists. */
  lists(): string[] {
    return [...new Set(Object.values(this.#units).flatMap(({ lists }) => lists))].sort();
  }

  set(unit: string, change: Partial<Omit<Note, 'changed'>>): void {
    const before = this.#units[unit] ?? { label: '', text: '', lists: [] };
    this.#units[unit] = cleaned({ ...before, ...change, changed: new Date().toISOString() });
    this.#keep();
  }

  /** How many units' notes are others now. InputError: not such a file, or of another autoencoder. */
  merge(file: unknown): number {
    let changes = 0;
    for (const [unit, note] of Object.entries(notesOf(file, this.#of))) {
      const own = this.#units[unit];
      if (own && own.changed >= note.changed) continue;
      this.#units[unit] = note;
      changes++;
    }
    if (changes) this.#keep();
    return changes;
  }

  file(): NotesFile {
    const units = Object.fromEntries(Object.entries(this.#units).sort(([a], [b]) => (a < b ? -1 : 1)));
    return { format: FORMAT, version: 1, ...this.#of, units };
  }

  #keep(): void {
    try {
      localStorage.setItem(this.#key, JSON.stringify(this.file()));
      this.lost = undefined;
    } catch (error) {
      this.lost = `this browser does not keep the notes (${(error as Error).message}): save them as a file`;
    }
  }
}

function notesOf(file: unknown, of: { sae: string; tap: string }): Record<string, Note> {
  const content = file as Partial<NotesFile> | null;
  if (content?.format !== FORMAT || typeof content.units !== 'object' || content.units === null)
    throw new InputError('this is no file of notes: one is saved by this page');
  if (content.sae !== of.sae || content.tap !== of.tap)
    throw new InputError(`these notes are about another autoencoder (${content.tap}, ${content.sae})`);
  const out: Record<string, Note> = Object.create(null);
  for (const [unit, note] of Object.entries(content.units))
    if (/^(f|[^:]{1,80}:)\d{1,9}$/.test(unit) && typeof note?.changed === 'string') out[unit] = cleaned(note);
  return out;
}

function cleaned({ label, text, lists, changed }: Partial<Note>): Note {
  const cut = (value: unknown, most: number) => (typeof value === 'string' ? value.slice(0, most) : '');
  const names = (Array.isArray(lists) ? lists : []).map((name) => cut(name, LONGEST.list).trim());
  return {
    label: cut(label, LONGEST.label),
    text: cut(text, LONGEST.text),
    lists: [...new Set(names.filter(Boolean))].slice(0, LONGEST.lists),
    changed: cut(changed, 40),
  };
}

// What others made of the run: names of features, pictures of what they look for, families. A file that cannot be read
// is said once, and does without.
import { InputError } from '../../core/errors.js';
import type { Moved, Movement } from '../../study/circuit/types.js';
import type { Beside } from '../../study/facts/format.js';

export interface FeatureLabel {
  label: string;
  kind?: string;
  f1?: number | null;
}

export interface Drawn {
  unit: string;
  file: string;
  objective: string;
  strength: number | null;
  steps: number;
}

export interface Sorted {
  unit: string;
  family: string;
  /** On the map, where there is one. */
  at?: readonly [x: number, y: number] | null;
}

/** How classes move, as much of it as is shown; older files do not say how far chance moves each. */
export type Classes = Pick<Movement, 'largest' | 'random'> &
  Record<'up' | 'down', (Pick<Moved, 'name' | 'change'> & Partial<Moved>)[]>;

/** Where the unit is taken away, where it is added. */
export type ClassEffects = Partial<Record<'ablate' | 'add', Classes & { pictures: number }>>;

export class BesideData {
  readonly labels = new Map<string, FeatureLabel>();
  readonly families = new Map<string, Sorted>();
  /** Of random directions, how many are in each family, and `directions`, how many there were. */
  randomFamilies: Record<string, number> | undefined;
  readonly effects = new Map<string, ClassEffects>();
  readonly drawn = new Map<string, Drawn[]>();
  /** What could not be read. */
  readonly complaints: string[] = [];

  /** `sae`: identity of the run's autoencoder. */
  static async of(
    { labels, visualize, taxonomy, circuit }: Beside,
    sae: string | undefined,
  ): Promise<BesideData> {
    const all = new BesideData();
    await Promise.all([
      all.#read(labels, (content: Record<string, FeatureLabel>) => {
        for (const [unit, value] of Object.entries(content))
          if (typeof value?.label === 'string') all.labels.set(unit, value);
      }),
      all.#read(visualize && `${visualize}/visualize.json`, (content: { images: Drawn[] }) => {
        for (const image of content.images)
          all.drawn.set(image.unit, [...(all.drawn.get(image.unit) ?? []), image]);
      }),
      all.#read(taxonomy, (content: Taxonomy) => {
        checkSae(content.sae, sae);
        for (const sorted of sortedOf(content)) all.families.set(sorted.unit, sorted);
        all.randomFamilies = content.families?.random;
      }),
      all.#read(
        circuit,
        (content: {
          sae?: string | null;
          units: Record<string, Partial<Record<keyof ClassEffects, Measured>>>;
        }) => {
          checkSae(content.sae, sae);
          for (const [unit, { ablate, add }] of Object.entries(content.units)) {
            const of = (effect: Measured) =>
              effect?.classes ? { ...effect.classes, pictures: effect.pictures } : undefined;
            const effects = { ablate: of(ablate), add: of(add) };
            if (effects.ablate || effects.add) all.effects.set(unit, effects);
          }
        },
      ),
    ]);
    return all;
  }

  async #read<T>(path: string | undefined, use: (content: T) => void): Promise<void> {
    if (!path) return;
    try {
      const response = await fetch(path);
      if (!response.ok) throw new Error(`HTTP ${response.status}`);
      use((await response.json()) as T);
    } catch (error) {
      this.complaints.push(`${path.split('/').pop()}: not shown: ${(error as Error).message}`);
    }
  }
}

/** A run keeps its autoencoders in folders that are named by what they are: the features of another one have the same numbers. */
function checkSae(label: unknown, sae: string | undefined): void {
  const name = typeof label === 'string' ? label.split(/[/\\]/).filter(Boolean).at(-1) : undefined;
  if (name && sae && /^[0-9a-f]{16}$/.test(name) && name !== sae)
    throw new InputError(`it is about another autoencoder (${name}; this run's is ${sae})`);
}

/** An effect of circuit.json. */
type Measured = { pictures: number; classes?: Classes | null } | null | undefined;

/** taxonomy.json, as much of it as is shown. */
interface Taxonomy {
  sae?: string | null;
  units?: Sorted[];
  features?: Sorted[] | null;
  families?: { random?: Record<string, number> };
}

/** Units of it that can be shown: a file of another kind has none. */
const sortedOf = ({ units, features }: Taxonomy): Sorted[] =>
  [units, features]
    .flatMap((list) => (Array.isArray(list) ? list : []))
    .filter((u) => typeof u?.unit === 'string' && typeof u.family === 'string');

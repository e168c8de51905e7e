// What others made of the run: names of features, pictures of what they look for, families. A file that cannot be read
// is said once, and does without.
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

export class BesideData {
  readonly labels = new Map<string, FeatureLabel>();
  readonly families = new Map<string, string>();
  readonly drawn = new Map<string, Drawn[]>();
  /** What could not be read. */
  readonly complaints: string[] = [];

  static async of({ labels, visualize, taxonomy }: Beside): Promise<BesideData> {
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
        for (const [unit, family] of familiesOf(content)) all.families.set(unit, family);
      }),
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
      this.complaints.push(`${path.split('/').pop()}: cannot be read (${(error as Error).message})`);
    }
  }
}

interface Taxonomy {
  units?: Record<string, { family?: string }> | { unit: string; family?: string }[];
}

function familiesOf({ units = {} }: Taxonomy): [string, string][] {
  const entries = Array.isArray(units)
    ? units.map((u) => [u.unit, u.family] as const)
    : Object.entries(units).map(([unit, value]) => [unit, value?.family] as const);
  return entries.filter((e): e is [string, string] => typeof e[0] === 'string' && typeof e[1] === 'string');
}

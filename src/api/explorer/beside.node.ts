// What lies in a run's folder besides the run: names, notes, pictures and families that other commands or people made.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Beside } from '../../study/facts/format.js';

const FILES: Record<Exclude<keyof Beside, 'visualize'>, readonly string[]> = {
  labels: ['labels.json', 'label/labels.json', 'labels/labels.json'],
  notes: ['notes.json'],
  taxonomy: ['taxonomy.json', 'taxonomy/taxonomy.json'],
  circuit: ['circuit.json', 'circuit/circuit.json'],
};
const VISUALIZED = ['visualize/visualize.json'];

export interface FoundBeside {
  paths: Beside;
  /** By path of the site. */
  files: Map<string, string>;
  folders: Map<string, string>;
}

/** `folder`: of the run; `prefix`: of the paths. */
export function besideOf(folder: string, prefix: string): FoundBeside {
  const found: FoundBeside = { paths: {}, files: new Map(), folders: new Map() };
  const first = (names: readonly string[]) => names.map((name) => join(folder, name)).find(existsSync);
  for (const [part, names] of Object.entries(FILES)) {
    const file = first(names);
    if (file === undefined) continue;
    const path = `${prefix}/${part}.json`;
    found.paths[part as keyof typeof FILES] = path;
    found.files.set(path, file);
  }
  const visualized = first(VISUALIZED);
  if (visualized !== undefined) {
    found.paths.visualize = `${prefix}/visualize`;
    found.folders.set(found.paths.visualize, dirname(visualized));
  }
  return found;
}

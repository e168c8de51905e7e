import type { Part } from '../vectors/embedding-folder.js';
import type { MetadataRecord } from '../vectors/metadata.js';

/** What is embedded, whatever it is. */
export interface EmbedWork {
  recipe: Record<string, unknown>;
  source: string;
  records: readonly MetadataRecord[];
  unit: string;
  /** Records of a part; 1024 unless given. */
  each?: number;
  /** Vectors of documents [first, first + n). */
  part(first: number, n: number, onDone: (done: number, tokens: number | null) => void): Promise<Part>;
  dispose?: () => void;
}

// A corpus with known features and families: documents of four topics, SAEs whose features are the axes, everything that is
// made of them, packed.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LoadedSae } from '../../src/index.js';
import * as node from '../../src/node.js';
import { sharedCopy } from './shared.js';

export const CORPUS = { documents: 1500, d: 32, topics: 4, per: 8 } as const;
/** What a hostile file may call a document. */
export const HOSTILE = '<img src=x onerror="document.title=1">';

/** The axes of a document: that of its topic, which is strongest, and two of the topic's others. */
export function corpus() {
  const { documents, d, topics, per } = CORPUS;
  const rng = new node.Rng(3);
  const data = new Float32Array(documents * d);
  const axes = Array.from({ length: documents }, (_, i) => {
    const topic = rng.below(topics);
    const own = new Set([topic * per]);
    while (own.size < 3) own.add(topic * per + 1 + rng.below(per - 1));
    const values = [...own].map((axis, j) => ({ axis, v: (3 - j) * (0.9 + 0.2 * rng.uniform()) }));
    const length = Math.sqrt(values.reduce((sum, { v }) => sum + v * v, 0));
    for (const { axis, v } of values) data[i * d + axis] = v / length;
    return [...own];
  });
  const records = axes.map((own, i) => ({
    id: `doc-${i}`,
    title: i === 7 ? HOSTILE : `Notes on ${own.map((axis) => `axis${axis}`).join(' and ')}`,
    abstract: `A longer text about ${own.map((axis) => `thing${axis}`).join(', ')}, of which the first is what it is mostly about, written ${i % 3 ? 'in a hurry' : 'at leisure'} and kept whole for whoever opens the document, since nothing else says what a document is about.`,
    categories: [`topic${Math.floor(own[0] / per)}`, `c${own[1]}`],
    year: 2000 + (i % 20),
  }));
  return { data, axes, records };
}

/** TopK of k 3: feature i is axis i; of `dSae` > d the others point the other way and never fire. */
export function axesOfCorpus(dSae: number): Pick<LoadedSae, 'config' | 'tensors'> {
  const { d } = CORPUS;
  const [wEnc, wDec] = [new Float32Array(d * dSae), new Float32Array(dSae * d)];
  for (let f = 0; f < dSae; f++) {
    const sign = f < d ? 1 : -1;
    wEnc[(f % d) * dSae + f] = sign;
    wDec[f * d + (f % d)] = sign;
  }
  return {
    config: { architecture: 'topk', dIn: d, dSae, k: 3 },
    tensors: {
      W_enc: { shape: [d, dSae], data: wEnc },
      W_dec: { shape: [dSae, d], data: wDec },
      b_enc: { shape: [dSae], data: new Float32Array(dSae) },
      b_dec: { shape: [d], data: new Float32Array(d) },
    },
  };
}

/** embeddings.npy, meta.jsonl, SAEs `small` and `large`, their labels, `families`, and all of it packed in `artefact`. */
export const packedCorpus = (): Promise<string> =>
  sharedCopy('packed-corpus', async (folder) => {
    const at = (name: string) => join(folder, name);
    const { data, records } = corpus();
    writeFileSync(at('embeddings.npy'), node.encodeNpy([CORPUS.documents, CORPUS.d], data));
    writeFileSync(at('meta.jsonl'), records.map((record) => JSON.stringify(record)).join('\n'));
    const given = { in: at('embeddings.npy'), meta: at('meta.jsonl') };
    const saes = [at('small'), at('large')];
    const labels = saes.map((sae) => `${sae}.labels.json`);
    const quiet = { warn: () => {} };
    for (const [i, sae] of saes.entries()) {
      const { config, tensors } = axesOfCorpus(CORPUS.d * (i + 1));
      await node.saveSae(node.nodeStorage(sae), config, tensors, {});
      await node.label({ sae, ...given, out: labels[i], controls: 5, ...quiet });
    }
    await node.families({ sae: saes, in: given.in, labels, out: at('families'), ...quiet });
    await node.pack({
      ...{ sae: saes, ...given, labels, families: at('families'), title: 'A corpus', out: at('artefact') },
      ...quiet,
    });
  });

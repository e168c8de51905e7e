// A feature's name from the metadata of the documents on which it fires.
//
//   terms        weighted log-odds with an informative Dirichlet prior (Monroe, Colaresi & Quinn 2008, "Fightin'
//                Words", eq. 16, 22): a document has a term or not; y counts the documents where the feature fires,
//                each by its activation over their mean, against the rest; prior a_w = a_0 p_w from all documents, a_0 as ten documents have
//                  d = log((y + a) / (n + a_0 - y - a)) - the same of the rest
//                  z = d / sqrt(1 / (y + a) + 1 / (y_rest + a))
//                The label is the three terms of largest z; as a predictor, a document's score is the sum of d over
//                those of the ten best terms that it has
//   categories   the value whose documents have the best F1 with those where the feature fires
//
// The better of the two, by F1 on the documents named from, is the label.
import type { CoreMath } from '../../core/math.js';
import type { FeatureLabel } from '../../units/labels.js';
import { type Incidence, wordsOf } from './corpus.js';
import {
  bestThreshold,
  type Column,
  type Firing,
  type HeldOut,
  heldOutScore,
  MOST_WEIGHTS,
  type Predictor,
} from './score.js';

/** Terms kept of a feature, and those in its label. */
const [TERMS, NAMED] = [10, 3];
/** Documents that the prior weighs as much as. */
const PRIOR_DOCUMENTS = 10;
/** Fewer documents than this name nothing. */
const LEAST = 3;

export interface Corpus {
  math: CoreMath;
  documents: number;
  held: HeldOut;
  terms: Incidence;
  categories: Incidence;
}

interface Candidate {
  label: string;
  kind: FeatureLabel['kind'];
  predictor: Predictor;
  threshold: number;
  f1: number;
}

export class Namer {
  #corpus: Corpus;
  /** Documents that are named from, and of these how many have each term. */
  #named = 0;
  #frequency: Int32Array;
  #total = 0;
  #categorySize: Int32Array;
  #counts: Float64Array;
  #masks: Uint16Array;
  #dense: Float32Array;

  constructor(corpus: Corpus) {
    this.#corpus = corpus;
    const { held, terms, categories, documents } = corpus;
    this.#named = documents - held.count;
    this.#frequency = sizes(terms, held);
    this.#categorySize = sizes(categories, held);
    for (const n of this.#frequency) this.#total += n;
    this.#counts = new Float64Array(Math.max(terms.names.length, categories.names.length));
    this.#masks = new Uint16Array(documents);
    this.#dense = new Float32Array(documents);
  }

  /** undefined where the feature fires on too few documents to name it from. `given`: a user's name for it. */
  name(column: Column, given?: string): FeatureLabel | undefined {
    const { held } = this.#corpus;
    const firing = { column, dense: this.#dense };
    const named = column.document.filter((s) => !held.mask[s]);
    if (named.length < LEAST && given === undefined) return undefined;
    column.document.forEach((s, i) => {
      this.#dense[s] = column.value[i];
    });
    const terms = this.#bestTerms(named);
    const candidates =
      given === undefined
        ? [this.#byTerms(terms, firing), this.#byCategory(named, firing)]
        : [this.#asGiven(given, firing)];
    const best = candidates
      .filter((c) => c !== undefined)
      .reduce<Candidate | undefined>((a, b) => (a && a.f1 >= b.f1 ? a : b), undefined);
    const score = best && heldOutScore(best.predictor, best.threshold, firing, held);
    for (const s of column.document) this.#dense[s] = 0;
    if (!best) return undefined;
    const names = terms.map(({ term }) => this.#corpus.terms.names[term]);
    return { label: best.label, kind: best.kind, ...score!, terms: names };
  }

  #bestTerms(named: Int32Array): { term: number; odds: number; z: number }[] {
    const { terms, math } = this.#corpus;
    let sum = 0;
    for (const s of named) sum += this.#dense[s];
    const { touched, total } = this.#count(terms, named, (s) => (this.#dense[s] * named.length) / sum);
    const prior = (PRIOR_DOCUMENTS * this.#total) / Math.max(1, this.#named);
    const rest = Math.max(0, this.#total - total);
    const scored = touched.map((term) => {
      const y = this.#counts[term];
      const a = (prior * this.#frequency[term]) / this.#total;
      const other = Math.max(0, this.#frequency[term] - y);
      const odds =
        math.log((y + a) / (total + prior - y - a)) - math.log((other + a) / (rest + prior - other - a));
      return { term, odds, z: odds / Math.sqrt(1 / (y + a) + 1 / (other + a)) };
    });
    for (const term of touched) this.#counts[term] = 0;
    return scored
      .filter(({ odds }) => odds > 0)
      .sort((a, b) => b.z - a.z || a.term - b.term)
      .slice(0, TERMS);
  }

  #byTerms(terms: readonly { term: number; odds: number }[], firing: Firing): Candidate | undefined {
    if (!terms.length) return undefined;
    const label = terms.slice(0, NAMED).map(({ term }) => this.#corpus.terms.names[term]);
    return this.#candidate(label.join(', '), 'terms', this.#sums(this.#corpus.terms, terms), firing);
  }

  #byCategory(named: Int32Array, firing: Firing): Candidate | undefined {
    const { categories } = this.#corpus;
    const { touched } = this.#count(categories, named, () => 1);
    let [best, bestF1] = [-1, 0];
    for (const c of touched) {
      const f1 = (2 * this.#counts[c]) / (named.length + this.#categorySize[c]);
      this.#counts[c] = 0;
      if (f1 > bestF1 || (f1 === bestF1 && c < best)) [best, bestF1] = [c, f1];
    }
    if (best < 0) return undefined;
    const predictor = this.#sums(categories, [{ term: best, odds: 1 }]);
    return this.#candidate(categories.names[best], 'category', predictor, firing);
  }

  /** A user's words: a category of that name, or how many of its words a document has, rare ones counting more. */
  #asGiven(label: string, firing: Firing): Candidate {
    const { categories, terms, math } = this.#corpus;
    const category = categories.names.indexOf(label);
    if (category >= 0)
      return this.#candidate(label, 'given', this.#sums(categories, [{ term: category, odds: 1 }]), firing);
    const words = new Set(wordsOf(label));
    const known = terms.names.flatMap((name, term) =>
      words.has(name) ? [{ term, odds: math.log((this.#named + 1) / (this.#frequency[term] + 0.5)) }] : [],
    );
    return this.#candidate(label, 'given', this.#sums(terms, known), firing);
  }

  #candidate(label: string, kind: FeatureLabel['kind'], predictor: Predictor, firing: Firing): Candidate {
    return { label, kind, predictor, ...bestThreshold(predictor, firing, this.#corpus.held) };
  }

  /** The weight of these documents that each thing is in, in this.#counts; which are, and the sum. */
  #count(
    { start, thing }: Incidence,
    documents: Int32Array,
    weight: (document: number) => number,
  ): { touched: number[]; total: number } {
    const touched: number[] = [];
    let total = 0;
    for (const s of documents) {
      const w = weight(s);
      for (let i = start[s]; i < start[s + 1]; i++) {
        if (this.#counts[thing[i]] === 0) touched.push(thing[i]);
        this.#counts[thing[i]] += w;
        total += w;
      }
    }
    return { touched, total };
  }

  /** Documents that have any of these things, the first few of them. */
  #sums({ first, document }: Incidence, weighted: readonly { term: number; odds: number }[]): Predictor {
    const things = weighted.slice(0, MOST_WEIGHTS);
    const touched: number[] = [];
    things.forEach(({ term }, bit) => {
      for (let i = first[term]; i < first[term + 1]; i++) {
        if (this.#masks[document[i]] === 0) touched.push(document[i]);
        this.#masks[document[i]] |= 1 << bit;
      }
    });
    const mask = Uint16Array.from(touched, (s) => this.#masks[s]);
    for (const s of touched) this.#masks[s] = 0;
    return { document: Int32Array.from(touched), mask, weights: things.map(({ odds }) => odds) };
  }
}

/** Documents of each thing that are not held out. */
function sizes({ first, document }: Incidence, { mask }: HeldOut): Int32Array {
  const out = new Int32Array(first.length - 1);
  for (let t = 0; t < out.length; t++)
    for (let i = first[t]; i < first[t + 1]; i++) out[t] += 1 - mask[document[i]];
  return out;
}

// Vectors of texts from any OpenAI-compatible service: POST /v1/embeddings {model, input: [...]}.
import { fromBase64 } from '../core/base64.js';
import { InputError, shown } from '../core/errors.js';
import { toF32 } from '../formats/dtypes.js';
import { RefusedRequest, Service, type ServiceOptions, serviceUrl } from '../formats/service.js';

export interface EndpointOptions extends ServiceOptions {
  /** Texts of one request, at most; 64 unless given. */
  batch?: number;
  /** Requests that are on their way at once; 4 unless given. */
  concurrency?: number;
  /** What every vector must have; that of the first answer unless given. */
  dimension?: number;
}

export interface EmbeddedTexts {
  /** Width of a vector. */
  d: number;
  /** [texts][d]. */
  data: Float32Array;
  /** That the service counted; null where it does not say. */
  tokens: number | null;
}

export interface EmbedHooks {
  signal?: AbortSignal;
  onProgress?: (texts: number, tokens: number | null) => void;
}

/** A request holds fewer texts where they are long: services bound its tokens (300,000 at OpenAI). */
const MAX_CHARACTERS = 400_000;

interface Answer {
  d: number;
  rows: Float32Array[];
  tokens: number | null;
}

export class EmbeddingEndpoint {
  readonly label: string;
  /** Of the vectors: known from the first answer. */
  dimension: number | undefined;
  #service: Service;
  #batch: number;
  #concurrency: number;
  /** base64 is a third of the bytes of numbers as text; a service that refuses the field is asked without it. */
  #encoding: 'base64' | undefined = 'base64';

  /** `url`: the service's root, its /v1, or the address of /v1/embeddings itself; `model`: as the service names it. */
  constructor(
    url: string,
    readonly model: string,
    { batch = 64, concurrency = 4, dimension, ...options }: EndpointOptions = {},
  ) {
    this.#service = new Service(serviceUrl(url, 'embeddings'), options);
    this.label = this.#service.label;
    this.dimension = dimension;
    this.#batch = batch;
    this.#concurrency = concurrency;
  }

  /** Vectors of texts, in their order. InputError naming the address for whatever answer is not that. */
  async embed(texts: readonly string[], { signal, onProgress }: EmbedHooks = {}): Promise<EmbeddedTexts> {
    const batches = this.#cut(texts);
    const answers: Answer[] = new Array(batches.length);
    const stop = new AbortController();
    const abort = () => stop.abort(signal!.reason);
    signal?.throwIfAborted();
    signal?.addEventListener('abort', abort, { once: true });
    let [next, done] = [0, 0];
    let tokens: number | null = 0;
    const one = async () => {
      const i = next++;
      const answer = await this.#request(batches[i], stop.signal);
      answers[i] = answer;
      done += batches[i].length;
      tokens = tokens === null || answer.tokens === null ? null : tokens + answer.tokens;
      onProgress?.(done, tokens);
    };
    const worker = async () => {
      while (next < batches.length) await one();
    };
    try {
      // The first answer says the dimension, and whether the service takes requests at all.
      if (batches.length && this.dimension === undefined) await one();
      await Promise.all(Array.from({ length: this.#concurrency }, worker));
    } catch (error) {
      stop.abort(error);
      throw error;
    } finally {
      signal?.removeEventListener('abort', abort);
    }
    const d = this.dimension ?? 0;
    const data = new Float32Array(texts.length * d);
    let at = 0;
    for (const { rows } of answers)
      for (const row of rows) {
        data.set(row, at);
        at += d;
      }
    return { d, data, tokens };
  }

  #cut(texts: readonly string[]): string[][] {
    const batches: string[][] = [];
    let characters = 0;
    for (const text of texts) {
      const last = batches.at(-1);
      if (!last || last.length === this.#batch || characters + text.length > MAX_CHARACTERS) {
        batches.push([text]);
        characters = text.length;
      } else {
        last.push(text);
        characters += text.length;
      }
    }
    return batches;
  }

  async #request(input: readonly string[], signal: AbortSignal): Promise<Answer> {
    const encoding = this.#encoding;
    const body = { model: this.model, input, ...(encoding && { encoding_format: encoding }) };
    try {
      return this.#checked(await this.#service.post(body, signal), input.length);
    } catch (error) {
      const isOfField = error instanceof RefusedRequest && [400, 422].includes(error.status);
      if (!isOfField || !encoding) throw error;
      const answer = this.#checked(
        await this.#service.post({ model: this.model, input }, signal),
        input.length,
      );
      this.#encoding = undefined;
      return answer;
    }
  }

  #checked(answer: unknown, texts: number): Answer {
    const fail = (reason: string): never => {
      throw new InputError(`${this.label}: ${reason}`);
    };
    const { data, usage } = (answer ?? {}) as { data?: unknown; usage?: Record<string, unknown> };
    if (!Array.isArray(data))
      return fail(`the answer has no list 'data', so it is none of /v1/embeddings; check the address`);
    if (data.length !== texts) fail(`answered ${data.length} vectors for ${texts} texts`);
    const rows: Float32Array[] = new Array(texts);
    data.forEach((item: { index?: unknown; embedding?: unknown } | null, i) => {
      const index = item?.index ?? i;
      if (
        !Number.isInteger(index) ||
        (index as number) < 0 ||
        (index as number) >= texts ||
        rows[index as number]
      )
        fail(`answered index ${shown(index)} for ${texts} texts, or twice`);
      const row = vectorOf(item?.embedding) ?? fail(`answer ${i} holds no vector of numbers`);
      this.dimension ??= row.length;
      if (row.length !== this.dimension)
        fail(
          `answered a vector of ${row.length} dimensions where ${this.dimension} are expected; check the model`,
        );
      rows[index as number] = row;
    });
    const tokens = usage?.total_tokens ?? usage?.prompt_tokens;
    return { d: this.dimension ?? 0, rows, tokens: isCount(tokens) ? tokens : null };
  }
}

const isCount = (n: unknown): n is number => Number.isSafeInteger(n) && (n as number) >= 0;

const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/** A list of numbers, or the base64 of f32 in little endian; undefined for anything else, NaN and Inf included. */
function vectorOf(embedding: unknown): Float32Array | undefined {
  let row: Float32Array | undefined;
  if (typeof embedding === 'string') {
    const bytes = BASE64.test(embedding) ? fromBase64(embedding) : undefined;
    if (bytes && bytes.length % 4 === 0) row = toF32(bytes, 'F32');
  } else if (Array.isArray(embedding) && embedding.every((v) => typeof v === 'number'))
    row = Float32Array.from(embedding as number[]);
  return row?.length && row.every(Number.isFinite) ? row : undefined;
}

// Any OpenAI-compatible chat service: POST /v1/chat/completions, one message, temperature 0.
import { InputError } from '../../core/errors.js';
import { Service, type ServiceOptions, serviceUrl } from '../../formats/service.js';
import type { Ask } from './explain.js';

export class ChatEndpoint {
  readonly label: string;
  /** Tokens so far; null once an answer does not say. */
  tokens: number | null = 0;
  #service: Service;

  constructor(
    url: string,
    readonly model: string,
    options: ServiceOptions = {},
  ) {
    this.#service = new Service(serviceUrl(url, 'chat/completions'), options);
    this.label = this.#service.label;
  }

  /** Answers to prompts. InputError naming the address where an answer is not that. */
  asker(signal?: AbortSignal): Ask {
    return async (prompt) => {
      const body = { model: this.model, temperature: 0, messages: [{ role: 'user', content: prompt }] };
      const answer = (await this.#service.post(body, signal)) as {
        choices?: { message?: { content?: unknown } }[];
        usage?: { total_tokens?: unknown };
      } | null;
      const content = answer?.choices?.[0]?.message?.content;
      if (typeof content !== 'string')
        throw new InputError(
          `${this.label}: the answer has no text in 'choices', so it is none of /v1/chat/completions; check the address`,
        );
      const used = answer?.usage?.total_tokens;
      this.tokens = this.tokens === null || typeof used !== 'number' ? null : this.tokens + used;
      return content;
    };
  }
}

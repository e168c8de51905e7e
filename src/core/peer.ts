// Two threads that call each other through a MessagePort: each side answers the other's calls by name, with
// a value or with an error of its class.
import { CurvesaeError, type ErrorData, errorData, errorFromData } from './errors.js';

/** What one side answers, by name. */
// biome-ignore lint/suspicious/noExplicitAny: each has arguments of its own.
export type Answers = Readonly<Record<string, (...args: any[]) => unknown>>;

type Message =
  | { call: number; name: string; args: unknown[] }
  | { answer: number; value: unknown }
  | { answer: number; error: ErrorData };

export class Peer {
  #port: MessagePort;
  #next = 0;
  #waiting = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>();

  /** `answers`: to the other side's calls. close() when there are no more. */
  constructor(port: MessagePort, answers: Answers) {
    this.#port = port;
    port.onmessage = ({ data }: { data: Message }) => {
      if ('call' in data) void this.#answer(data, answers);
      else this.#answered(data);
    };
  }

  /** The other side's answer, or its error. Arguments are copied. */
  call<T>(name: string, ...args: unknown[]): Promise<T> {
    const id = this.#next++;
    return new Promise<T>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#port.postMessage({ call: id, name, args } satisfies Message);
    });
  }

  /** Calls that wait for an answer will have none. */
  close(): void {
    this.#port.close();
    for (const { reject } of this.#waiting.values()) reject(new CurvesaeError('the other thread has ended'));
    this.#waiting.clear();
  }

  async #answer({ call, name, args }: Extract<Message, { call: number }>, answers: Answers): Promise<void> {
    let message: Message;
    try {
      if (!Object.hasOwn(answers, name)) throw new CurvesaeError(`no call is named '${name}'`);
      message = { answer: call, value: await answers[name](...args) };
    } catch (error) {
      message = { answer: call, error: errorData(error) };
    }
    this.#port.postMessage(message);
  }

  #answered(message: Exclude<Message, { call: number }>): void {
    const waiting = this.#waiting.get(message.answer);
    this.#waiting.delete(message.answer);
    if ('error' in message) waiting?.reject(errorFromData(message.error));
    else waiting?.resolve(message.value as never);
  }
}

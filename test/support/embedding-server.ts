// An OpenAI-compatible service on this machine: vectors of texts and answers of a chat that are known beforehand,
// and whatever else a service may answer.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Asked {
  path: string;
  authorization: string | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: whatever the client sent
  body: any;
}

export interface FakeService {
  /** http://127.0.0.1:PORT/v1 */
  url: string;
  /** Requests so far. */
  asked: Asked[];
  close(): void;
}

/** May answer in its own way, and returns false where it does not; `n` counts requests from 0. */
export type Misbehaviour = (response: ServerResponse, n: number, asked: Asked) => unknown;

export const json = (response: ServerResponse, status: number, body: unknown, headers = {}): true => {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
  return true;
};

/** Unit vectors of `d` values that depend on the text alone. */
export function vectorOf(text: string, d: number): number[] {
  const v = Array.from({ length: d }, (_, i) => {
    let h = 2166136261 ^ i;
    for (let c = 0; c < text.length; c++) h = Math.imul(h ^ text.charCodeAt(c), 16777619);
    return ((h >>> 8) & 0xffff) / 65536 - 0.5;
  });
  const norm = Math.sqrt(v.reduce((s, x) => s + x * x, 0));
  return v.map((x) => Math.fround(x / norm));
}

const base64 = (v: number[]): string => Buffer.from(new Float32Array(v).buffer).toString('base64');

export interface FakeOptions {
  d?: number;
  key?: string;
  misbehave?: Misbehaviour;
  /** The content of a chat's answer. */
  chat?: (asked: Asked) => string;
}

export async function fakeService({ d = 8, key, misbehave, chat }: FakeOptions = {}): Promise<FakeService> {
  const asked: Asked[] = [];
  const server = createServer(async (request, response) => {
    const one: Asked = {
      path: request.url ?? '',
      authorization: request.headers.authorization,
      body: JSON.parse(await textOf(request)),
    };
    const n = asked.push(one) - 1;
    if (key !== undefined && one.authorization !== `Bearer ${key}`)
      return json(response, 401, { error: { message: `wrong key: ${one.authorization}` } });
    if (misbehave && misbehave(response, n, one) !== false) return true;
    if (one.path === '/v1/chat/completions' && chat)
      return json(response, 200, {
        choices: [{ message: { role: 'assistant', content: chat(one) } }],
        usage: { total_tokens: 10 },
      });
    if (one.path !== '/v1/embeddings') return json(response, 404, { error: { message: 'no such path' } });
    const texts: string[] = one.body.input;
    const encode = one.body.encoding_format === 'base64' ? base64 : (v: number[]) => v;
    return json(response, 200, {
      data: texts.map((text, index) => ({ index, embedding: encode(vectorOf(text, d)) })).reverse(),
      usage: { prompt_tokens: texts.length, total_tokens: texts.length },
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    asked,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += chunk;
  return text;
}

// Peers in Python: a long-lived child process that answers lines of JSON. Used where a python3 with
// the package is at hand (e.g. Debian's python3-torch, python3-faiss).
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export type Answer = Record<string, unknown>;

export interface PythonPackage {
  /** As results name it. */
  name: string;
  /** As Python imports it. */
  module: string;
}

export class PythonPeer {
  readonly version: string;
  static #processorMs = new Map<PythonPeer, number>();
  #child: ChildProcess;
  #waiting: ((line: string | undefined) => void)[] = [];

  private constructor(child: ChildProcess, version: string) {
    this.#child = child;
    this.version = version;
  }

  /** The script in the first python3 that has its package; undefined, with the reason said, where none does. */
  static async start(
    script: string,
    say: (text: string) => void,
    { name, module }: PythonPackage = { name: 'pytorch', module: 'torch' },
  ): Promise<PythonPeer | undefined> {
    for (const python of [process.env.PYTHON, 'python3', '/usr/bin/python3']) {
      if (!python) continue;
      const child = spawn(python, [script], {
        stdio: ['pipe', 'pipe', 'ignore'],
        env: { ...process.env, OMP_NUM_THREADS: '1', MKL_NUM_THREADS: '1' },
      });
      child.on('error', () => {});
      child.stdin!.on('error', () => {});
      const peer = new PythonPeer(child, '');
      peer.#listen();
      try {
        const { version } = await peer.ask({ do: 'version' });
        Object.assign(peer, { version });
        return peer;
      } catch {
        child.kill();
      }
    }
    say(
      `${name}: not measured (no python3 with ${module}; e.g. apt-get install python3-${module}, or set PYTHON)`,
    );
    return undefined;
  }

  #listen(): void {
    createInterface({ input: this.#child.stdout! }).on('line', (line) => this.#waiting.shift()?.(line));
    this.#child.on('close', () => {
      for (const done of this.#waiting.splice(0)) done(undefined);
    });
  }

  async ask(message: Answer): Promise<Answer> {
    const line = await new Promise<string | undefined>((done) => {
      this.#waiting.push(done);
      this.#child.stdin!.write(`${JSON.stringify(message)}\n`);
      if (this.#child.exitCode !== null) done(undefined);
    });
    if (line === undefined) throw new Error('the child process in Python ended');
    const answer = JSON.parse(line) as Answer;
    if (typeof answer.cpu === 'number') PythonPeer.#processorMs.set(this, answer.cpu);
    return answer;
  }

  /** Milliseconds of processor time that all children have used, as far as their scripts say (`cpu` of an answer). */
  static processorMs(): number {
    let sum = 0;
    for (const ms of PythonPeer.#processorMs.values()) sum += ms;
    return sum;
  }

  stop(): void {
    this.#child.kill();
  }
}

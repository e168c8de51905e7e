// Runs the compiled command line: in a process of its own, or in this one, which spares the start of Node
// and the loading and compiling of the program.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { run } from '../../src/cli/program.js';
import { ROOT } from './paths.js';

// biome-ignore lint/suspicious/noExplicitAny: tests state what they expect of a document by asserting on it
export type Json = any;

export interface CliResult {
  code: number | null;
  stdout: string;
  stderr: string;
  /** stdout as JSON. */
  json(): Json;
}

export interface CliOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** Sends a signal when stderr first matches. */
  interrupt?: { when: RegExp; signal: NodeJS.Signals };
  /** Where stdout and stderr go, instead of to the result: file descriptors. */
  stdout?: number;
  stderr?: number;
}

export function curvesae(args: string[], options: CliOptions = {}): Promise<CliResult> {
  return new Promise((done) => {
    const child = spawn(process.execPath, [resolve(ROOT, 'dist/src/cli/main.js'), ...args], {
      cwd: options.cwd ?? ROOT,
      // On every core, as a user's; commands in the test's process may be told otherwise (scripts/test.mjs).
      env: { ...process.env, CURVESAE_DEBUG: '', CURVESAE_WORKERS: '', ...options.env },
      stdio: ['ignore', options.stdout ?? 'pipe', options.stderr ?? 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    let sent = false;
    child.stdout?.on('data', (d) => {
      stdout += d;
    });
    child.stderr?.on('data', (d) => {
      stderr += d;
      if (options.interrupt && !sent && options.interrupt.when.test(stderr)) {
        sent = true;
        child.kill(options.interrupt.signal);
      }
    });
    child.on('close', (code) => done({ code, stdout, stderr, json: () => JSON.parse(stdout) }));
  });
}

/** Collects what is written. */
class Collected {
  text = '';
  write(text: string, done?: () => void): void {
    this.text += text;
    done?.();
  }
  on(): void {}
}

/** The same in this process: for what a command says, makes and returns, not for how a process ends. */
export async function curvesaeHere(args: string[]): Promise<CliResult> {
  const [out, err] = [new Collected(), new Collected()];
  const code = await run(args, out, err);
  return { code, stdout: out.text, stderr: err.text, json: () => JSON.parse(out.text) };
}

/** A folder that is removed when the process ends. */
export function temporaryFolder(name: string): string {
  const dir = mkdtempSync(join(tmpdir(), `curvesae-${name}-`));
  process.on('exit', () => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

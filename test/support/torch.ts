// A Python with PyTorch, where the machine has one: the judge of files written for it.
import { spawnSync } from 'node:child_process';
import type { Suite } from './paths.js';

const CANDIDATES = ['python3', '/usr/bin/python3'];
/** weights_only came with PyTorch 1.13. */
const PROBE = 'import torch, inspect; assert "weights_only" in inspect.signature(torch.load).parameters';

const found = CANDIDATES.find((python) => spawnSync(python, ['-c', PROBE]).status === 0);

/** Runs a script with arguments; throws what it prints where it fails. */
export function torchScript(script: string, ...args: string[]): string {
  const r = spawnSync(found!, ['-c', script, ...args], { encoding: 'utf8' });
  if (r.status !== 0) throw new Error(r.stderr);
  return r.stdout;
}

/** Runs a script of the repository; throws what it prints where it fails. */
export function torchFile(file: string, ...args: string[]): string {
  const r = spawnSync(found!, [file, ...args], { encoding: 'utf8' });
  if (r.status !== 0) throw new Error(r.stderr);
  return r.stdout;
}

/** A test that needs PyTorch: skipped with a message where there is none. */
export function torchTest(test: Suite, name: string, run: () => Promise<void> | void): void {
  if (found) {
    test(name, run);
    return;
  }
  console.log(`skipped: '${name}' needs a Python with torch >= 1.13`);
  test.skip(name, run);
}

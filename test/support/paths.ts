// Where tests find things. Compiled tests run from dist/, sources stay in the root.
import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Root of the repository. */
export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');

/** Development data beside the checkout (real weights and photographs). Never needed by users. */
export const SHARED = resolve(ROOT, '../shared/data');

export type Suite = {
  (name: string, fn: () => void | Promise<void>): void;
  skip: (name?: string, fn?: () => void | Promise<void>) => void;
  after: (hook: () => void | Promise<void>) => void;
};

/** A test that needs `../shared/data/<file>`: skipped with a message where it is absent. */
export function sharedTest(suite: Suite, file: string, name: string, fn: () => void | Promise<void>): void {
  if (existsSync(resolve(SHARED, file))) {
    suite(name, fn);
    return;
  }
  console.log(`skipped: '${name}' needs ../shared/data/${file} beside the checkout`);
  suite.skip(name, fn);
}

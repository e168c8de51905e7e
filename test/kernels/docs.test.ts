// docs/abi.md lists the signatures that there are. (Names: test/bench/kernels.test.ts.)
import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { filled } from '../support/filled.js';
import { ROOT } from '../support/paths.js';

const test = suite('kernel pages');
const read = (path: string) => readFileSync(resolve(ROOT, path), 'utf8');
const files = readdirSync(resolve(ROOT, 'assembly/kernels')).map((f) => f.replace(/\.ts$/, ''));

test('docs/abi.md has the signature of every export', () => {
  const page = read('docs/abi.md');
  for (const file of filled(files))
    for (const [, signature] of filled(
      read(`assembly/kernels/${file}.ts`).matchAll(/export function (\w+\([^)]*\)\s*:\s*\w+)/g),
    ))
      assert.ok(page.includes(signature), `docs/abi.md: missing or outdated: ${signature}`);
});

test.run();

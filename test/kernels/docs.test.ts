// The pages that list kernels list all of them, and every kernel has its test.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ROOT } from '../support/paths.js';

const test = suite('kernel pages');
const read = (path: string) => readFileSync(resolve(ROOT, path), 'utf8');
const files = readdirSync(resolve(ROOT, 'assembly/kernels')).map((f) => f.replace(/\.ts$/, ''));

test('docs/kernels.md has a line for every kernel file', () => {
  const page = read('docs/kernels.md');
  for (const file of files)
    assert.ok(page.includes(`| \`${file}\` |`), `docs/kernels.md: no line for ${file}`);
});

test('docs/abi.md has the signature of every export', () => {
  const page = read('docs/abi.md');
  for (const file of files)
    for (const [, signature] of read(`assembly/kernels/${file}.ts`).matchAll(
      /export function (\w+\([^)]*\)\s*:\s*\w+)/g,
    ))
      assert.ok(page.includes(signature), `docs/abi.md: missing or outdated: ${signature}`);
});

test('every kernel of the network has a test of its name', () => {
  for (const file of files.filter((f) => /conv|winograd|pool|lrn|gemm|linear|softmax|image|relu/.test(f)))
    assert.ok(existsSync(resolve(ROOT, `test/kernels/${file}.test.ts`)), file);
});

test.run();

// Every export of the core has the file, the test, the lines and the signature of its name.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { init } from '../../src/index.js';
import { ABI_FILES, homeOf, signaturesOf } from '../support/kernels.js';
import { ROOT } from '../support/paths.js';

const test = suite('kernel pages');
const read = (path: string) => readFileSync(resolve(ROOT, path), 'utf8');
const { module } = await init({ build: 'simd' });
/** heap_base is no kernel: it stands in assembly/index.ts and is tested by every allocation. */
const EXPORTS = WebAssembly.Module.exports(module)
  .filter((e) => e.kind === 'function' && e.name !== 'heap_base')
  .map((e) => e.name);

test('the exports are the functions of assembly/kernels and assembly/math; helpers stay inside', () => {
  const defined = [...ABI_FILES.values()].flatMap((path) => signaturesOf(path).map(({ name }) => name));
  assert.equal([...EXPORTS].sort(), defined.sort());
  assert.ok(EXPORTS.length > 80);
  const folders = readdirSync(resolve(ROOT, 'assembly'), { withFileTypes: true });
  const helpers = folders.filter((e) => e.isDirectory() && e.name !== 'kernels' && e.name !== 'math');
  for (const { name: folder } of helpers)
    for (const file of readdirSync(resolve(ROOT, 'assembly', folder)))
      for (const { name } of signaturesOf(`assembly/${folder}/${file}`))
        assert.not.match(name, /^[fi]\d+_/, `${folder}/${file}`);
});

test('every export stands in the file of its name, or of the stem that it begins with', () => {
  for (const [stem, path] of ABI_FILES)
    for (const { name } of signaturesOf(path)) assert.is(homeOf(name), stem, name);
});

test('every export is called by the test of its file', () => {
  for (const [stem, path] of ABI_FILES) {
    assert.ok(existsSync(resolve(ROOT, `test/kernels/${stem}.test.ts`)), `test/kernels/${stem}.test.ts`);
    const text = read(`test/kernels/${stem}.test.ts`);
    for (const { name } of signaturesOf(path))
      assert.match(text, new RegExp(`\\b${name}\\b`), `test/kernels/${stem}.test.ts: ${name}`);
  }
});

test('docs/kernels.md has a line for every file, docs/abi.md the signature of every export under its file', () => {
  const kernels = read('docs/kernels.md');
  const sections = read('docs/abi.md').split(/^From /m);
  for (const [stem, path] of ABI_FILES) {
    assert.ok(kernels.includes(`| \`${stem}\` |`), `docs/kernels.md: no line for ${stem}`);
    const section = sections.find((s) => s.startsWith(`\`${path}\``)) ?? '';
    const listed = section.split('```')[1]?.trim().split('\n') ?? [];
    assert.equal(
      listed,
      signaturesOf(path).map(({ signature }) => signature),
      `docs/abi.md: ${path}`,
    );
  }
});

test.run();

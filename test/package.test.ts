// What reaches users: the compiled product, its documents, nothing else.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ROOT } from './support/paths.js';

const test = suite('package');
const [pack] = JSON.parse(
  execFileSync('npm', ['pack', '--dry-run', '--ignore-scripts', '--json'], {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    shell: process.platform === 'win32',
  }),
) as [{ files: { path: string; size: number }[]; unpackedSize: number }];
const files = pack.files.map((f) => f.path);

test('only the product is packed', () => {
  const allowed =
    /^(dist\/src\/.+\.(js|d\.ts)|dist\/models\/.+\.(js|d\.ts)|dist\/core\/(scalar|simd|relaxed)\.wasm|docs\/[\w-]+\.md|package\.json|README\.md|CHANGELOG\.md|THIRD-PARTY-NOTICES\.md|LICENSE)$/;
  assert.equal(
    files.filter((f) => !allowed.test(f)),
    [],
  );
  for (const needed of [
    'dist/src/index.js',
    'dist/src/index.d.ts',
    'dist/src/node.js',
    'dist/src/worker.js',
    'dist/src/cli/main.js',
    'dist/core/simd.wasm',
    'dist/models/googlenet.js',
  ])
    assert.ok(files.includes(needed), needed);
  assert.ok(pack.unpackedSize < 1_800_000, `${pack.unpackedSize} bytes unpacked`);
});

test('no path of the machine that built it, no eval', () => {
  for (const file of files.filter((f) => f.endsWith('.js'))) {
    const text = readFileSync(resolve(ROOT, file), 'utf8');
    assert.not.ok(text.includes(ROOT), file);
    assert.not.match(text, /\beval\(|new Function\(/, file);
  }
});

test('every export of package.json exists', () => {
  const { exports, bin } = JSON.parse(readFileSync(resolve(ROOT, 'package.json'), 'utf8'));
  const targets = [exports['.'], exports['./node']].flatMap((e) => [e.types, e.default]);
  for (const target of [...targets, bin.curvesae])
    assert.ok(files.includes(target.replace('./', '')), target);
});

test.run();

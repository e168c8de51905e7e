// What reaches users: the compiled product, its documents, nothing else.

import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Pool } from '../src/core/pool.js';
import { proceduralSet } from '../src/images/procedural-set.js';
import type { ExtractResult } from '../src/vectors/extract.js';
import type { StoreRecipe } from '../src/vectors/types.js';
import { filled } from './support/filled.js';
import { packed } from './support/pack.js';
import { ROOT } from './support/paths.js';

const test = suite('package');
const pack = await packed();
const tarball = new Uint8Array(readFileSync(pack.path));
const files = pack.files.map((f) => f.path);

test('only the product is packed', () => {
  const allowed =
    /^(dist\/src\/.+\.(js|d\.ts)|dist\/models\/.+\.(js|d\.ts)|dist\/explorer\/((index|atlas)\.html|style\.css|(main|worker|atlas|atlas-worker)\.js)|dist\/core\/(scalar|simd|relaxed)\.wasm|docs\/[\w-]+\.(md|png)|package\.json|README\.md|CHANGELOG\.md|THIRD-PARTY-NOTICES\.md|LICENSE)$/;
  assert.equal(
    files.filter((f) => !allowed.test(f)),
    [],
  );
  for (const needed of [
    'dist/src/index.js',
    'dist/src/index.d.ts',
    'dist/src/node.js',
    'dist/src/standalone.js',
    'dist/src/worker.js',
    'dist/src/cli/main.js',
    'dist/core/simd.wasm',
    'dist/explorer/main.js',
    'dist/explorer/worker.js',
    'dist/explorer/atlas.js',
    'dist/explorer/atlas-worker.js',
    'dist/models/googlenet.js',
  ])
    assert.ok(files.includes(needed), needed);
});

// A page loads one of: the modules (most of a megabyte is for Node and the command line), the one script.
// Node's bundle is not minified (0.1 MB packed), so that an error names a readable place; it and the classic
// script have the commands inside (0.1 MB). The way back and the pictures
// made with it are 0.1 MB of all; the explorer paints them too (40 kB), and computes what units do to classes and saves what it shows (15 kB). The pictures of the README are 0.1 MB. Sheets of
// units, families and circuits, in the modules and again in the two bundles, are 0.1 MB. GPT-2's operations are 10 kB of each core and 0.1 MB of all. Pages about embeddings are
// 0.08 MB (neurons, notes, lists and the comparison 16 kB of it), and pack as much. The trained network's weights (127 kB of halves, 170 kB as text, which does not pack) are in the modules, where
// Node's bundle finds them, and once more in the classic script: 0.26 MB packed.
test('size limits', () => {
  const size = (path: string): number => pack.files.find((f) => f.path === path)!.size;
  assert.ok(pack.size < 3_570_000, `${pack.size} bytes packed`);
  assert.ok(pack.unpackedSize < 9_650_000, `${pack.unpackedSize} bytes unpacked`);
  const pages = ['main.js', 'worker.js', 'style.css', 'index.html'].map((f) => size(`dist/explorer/${f}`));
  assert.ok(pages.reduce((a, b) => a + b) < 360_000, `the explorer's pages: ${pages}`);
  const atlas = ['atlas.js', 'atlas-worker.js'].map((f) => size(`dist/explorer/${f}`));
  assert.ok(atlas.reduce((a, b) => a + b) < 210_000, `the pages about embeddings: ${atlas}`);
  assert.ok(size('dist/src/standalone.js') < 1_540_000, `standalone.js: ${size('dist/src/standalone.js')}`);
  assert.ok(size('dist/src/worker.js') < 580_000, `worker.js: ${size('dist/src/worker.js')}`);
  for (const build of ['scalar', 'simd', 'relaxed'])
    assert.ok(size(`dist/core/${build}.wasm`) < 122_000, `${build}.wasm: ${size(`dist/core/${build}.wasm`)}`);
});

// Bundlers take it up from `new URL('../worker.js', import.meta.url)` and follow what it names in turn.
test('worker.js names no other file, and carries no benchmark', () => {
  const script = readFileSync('dist/src/worker.js', 'utf8');
  assert.match(script, /\bextract\b/);
  assert.not.match(script, /registerLoop/);
  assert.is(script.match(/new Worker\(new URL|\bimport\s*\(|^import\b/m), null);
});

test('publint finds nothing', async () => {
  const { messages } = await publint({ pack: { tarball: tarball.buffer } });
  assert.equal(messages, []);
});

test('types resolve wherever modules do', async () => {
  const result = await checkPackage(createPackageFromTarballData(tarball));
  if (!result.types) throw new Error('the package has no types');
  const problems = result.problems.filter((problem) => {
    if (!('entrypoint' in problem)) return true;
    // Resolution without exports maps (node10) is not supported; modules cannot be required by
    // TypeScript's older rules; worker.js is a script to be served, not to be imported.
    if ('resolutionKind' in problem && problem.resolutionKind === 'node10') return false;
    return problem.kind !== 'CJSResolvesToESM' && problem.entrypoint !== './worker.js';
  });
  assert.equal(problems, []);
});

/** Modules that a module imports, itself among them, and packages; those imported later too where `later`. */
function reached(entry: string, later: boolean): { modules: string[]; bare: string[] } {
  const modules = new Set<string>();
  const bare = new Set<string>();
  const names = later
    ? /(?:\bfrom\s*|\bimport\s*\(?\s*)['"]([^'"\s]+)['"]/g
    : /(?:\bfrom\s*|^import\s*)['"]([^'"\s]+)['"]/gm;
  const visit = (file: string): void => {
    if (modules.has(file)) return;
    modules.add(file);
    for (const [, name] of readFileSync(file, 'utf8').matchAll(names))
      if (name.startsWith('.')) visit(resolve(dirname(file), name));
      else bare.add(name);
  };
  visit(entry);
  return { modules: [...modules], bare: [...bare] };
}

test('a page reaches two packages and nothing of Node', () => {
  const { modules, bare } = reached(resolve(ROOT, 'dist/src/index.js'), true);
  assert.ok(modules.length > 50);
  // What an import map has to name (README). A `node:` here breaks webpack.
  assert.equal(bare.sort(), ['@assemblyscript/loader', 'fflate']);
});

test('in Node the package is a few files, and a class is the same one by every way to it', async () => {
  const { exports } = JSON.parse(readFileSync(resolve(ROOT, 'package.json'), 'utf8'));
  const at = (path: string) => import(pathToFileURL(resolve(ROOT, path)).href);
  const all: typeof import('../src/index.js') = await at(exports['.'].node);
  const node: typeof import('../src/node.js') = await at(exports['./node'].node);
  assert.equal(Object.keys(all).sort(), Object.keys(await import('../src/index.js')).sort());
  assert.equal(Object.keys(node).sort(), Object.keys(await import('../src/node.js')).sort());
  const engine = await all.init({ workers: 2 });
  const error = await node.openModel('./missing.pb', { engine }).catch((e: unknown) => e);
  assert.instance(error, all.InputError);
  const model = await all.embeddedModel(engine.math);
  const pool = node.nodePool(engine, model);
  try {
    // On the bundle's own workers, which have no more than the product's tasks.
    const [ref] = proceduralSet(1, 3);
    const recipe = {
      ...{ tap: 'conv2d0', inputSize: 96, perImage: 4, reference: 2 },
      ...{ sample: 'uniform', excludeBorder: false, seed: 3 },
    } as StoreRecipe;
    const extract = (p: Pool) => p.run<ExtractResult>('extract', { ref, image: 0, recipe });
    const [there, here] = [await extract(pool), await extract(node.nodePool(await all.init(), model))];
    assert.ok('sample' in here && here.sample.activations.some((v) => v > 0));
    assert.equal(there, here);
    const unknown = await pool.run('registerLoop', { flop: 1 }).catch((e: unknown) => e);
    assert.match((unknown as Error).message, /no task is named 'registerLoop'/);
  } finally {
    pool.dispose();
  }
  const own = (f: string) => f.startsWith(resolve(ROOT, 'dist/src/bundled'));
  for (const entry of [exports['.'].node, exports['./node'].node])
    assert.ok(reached(resolve(ROOT, entry), false).modules.filter(own).length < 16, entry);
  assert.ok(files.filter((f) => f.startsWith('dist/src/bundled/')).length < 30);
});

test('no path of the machine that built it, no eval', () => {
  for (const file of filled(files.filter((f) => f.endsWith('.js')))) {
    const text = readFileSync(resolve(ROOT, file), 'utf8');
    assert.not.ok(text.includes(ROOT), file);
    assert.not.match(text, /\beval\(|new Function\(/, file);
  }
});

test('every export of package.json exists', () => {
  const { exports, bin } = JSON.parse(readFileSync(resolve(ROOT, 'package.json'), 'utf8'));
  const targets = [exports['.'], exports['./node'], exports['./standalone']].flatMap((e) => [
    e.types,
    e.node ?? e.default,
    e.default,
  ]);
  for (const target of [...targets, exports['./worker.js'], bin.curvesae])
    assert.ok(files.includes(target.replace('./', '')), target);
});

test.run();

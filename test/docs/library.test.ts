// docs/library.md is true: its examples run from the packed package, in Node and in a page, to the same
// features, and it names every function that is exported.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import sharp from 'sharp';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { encodeModel } from '../../models/convert.js';
import { nodeStorage } from '../../src/formats/storage.node.js';
import { init, matrixVectors, saveSae, trainSae } from '../../src/index.js';
import * as node from '../../src/node.js';
import { browserTest } from '../support/browser.js';
import { temporaryFolder } from '../support/cli.js';
import { heModel } from '../support/he.js';
import { packed } from '../support/pack.js';
import { ROOT } from '../support/paths.js';
import { randomNormal } from '../support/random.js';
import { readPage, serveSite } from '../support/site.js';

const test = suite('docs/library');
const page = readFileSync(resolve(ROOT, 'docs/library.md'), 'utf8');
const [inNode, inPage, training] = [...page.matchAll(/```js\n([\s\S]*?)```/g)].map(([, code]) => code);
const dir = temporaryFolder('library');

/** What npm would install: the packed files, and beside them the packages that they name. */
async function installPacked(): Promise<void> {
  execFileSync('tar', ['-xzf', (await packed()).path], { cwd: dir });
  cpSync(join(dir, 'package'), join(dir, 'node_modules/curvesae'), { recursive: true });
  const { dependencies } = JSON.parse(readFileSync(resolve(ROOT, 'package.json'), 'utf8'));
  for (const name of Object.keys(dependencies)) {
    const at = join(dir, 'node_modules', name);
    mkdirSync(dirname(at), { recursive: true });
    symlinkSync(resolve(ROOT, 'node_modules', name), at, 'junction');
  }
}

/** The files that the examples name: a network, an SAE of its mixed3b, a picture. */
async function makeFiles(): Promise<void> {
  const engine = await init();
  writeFileSync(join(dir, 'googlenet.safetensors'), encodeModel(heModel('googlenet')));
  const data = randomNormal(1000 * 480, 5);
  const source = matrixVectors({ label: 'x', hash: 'x', shape: [1000, 480], data }, 'all');
  const options = { architecture: 'topk', dSae: 64, k: 6, batch: 64, steps: 5, seed: 1 };
  const { config, tensors } = await trainSae(engine, source, options);
  await saveSae(nodeStorage(join(dir, 'sae')), config, tensors, {
    hook_name: 'mixed3b',
    model_name: 'googlenet',
  });
  const noise = { type: 'gaussian', mean: 120, sigma: 40 } as const;
  const picture = sharp({ create: { width: 320, height: 240, channels: 3, background: '#3a7', noise } });
  await picture.jpeg().toFile(join(dir, 'photo.jpg'));
}

await installPacked();
await makeFiles();

function runInNode(name: string, code: string): string {
  writeFileSync(join(dir, name), code);
  return execFileSync(process.execPath, [name], {
    cwd: dir,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

const pairs = (text: string): string[] => text.match(/feature \d+ fires \d+\.\d{3}/g) ?? [];

const shown = pairs(runInNode('features.mjs', inNode));

test('the example in Node shows the top features', () => {
  assert.is(shown.length, 5);
});

browserTest(test, 'the example in a page shows the same ones', async (open) => {
  writeFileSync(
    join(dir, 'index.html'),
    `<!doctype html><meta charset="utf-8"><p id="result"></p>
     <script type="importmap">{"imports": {
       "curvesae": "./node_modules/curvesae/dist/src/index.js",
       "@assemblyscript/loader": "./node_modules/@assemblyscript/loader/index.js",
       "fflate": "./node_modules/fflate/esm/browser.js"
     }}</script>
     <script type="module">${inPage}</script>`,
  );
  const context = await open();
  const site = await serveSite(dir);
  try {
    const { output } = await readPage(context.browser()!, `${site.origin}/index.html`);
    assert.equal(pairs(output), shown);
  } finally {
    site.close();
  }
});

test('the example that trains prints what it found', () => {
  assert.match(runInNode('training.mjs', training), /^\d+ features of 256 explain \d+ % of the variance\n$/);
});

test('every exported function is in the reference', () => {
  const named = new Set([...page.matchAll(/[\w$]+/g)].map(([word]) => word));
  assert.ok(Object.keys(node).length > 80);
  assert.equal(
    Object.keys(node).filter((name) => !named.has(name)),
    [],
  );
  for (const name of [
    ...Object.keys(node.model).map((n) => `model.${n}`),
    ...Object.keys(node.sae).map((n) => `sae.${n}`),
  ])
    assert.ok(page.includes(`\`${name}\``), name);
});

test('an error that nobody caught names a readable place, not a page of a bundle', () => {
  writeFileSync(
    join(dir, 'fails.mjs'),
    "import { openSae } from 'curvesae/node';\nawait openSae('nowhere');\n",
  );
  try {
    execFileSync(process.execPath, ['fails.mjs'], {
      cwd: dir,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  } catch (error) {
    const { stderr } = error as { stderr: string };
    assert.match(stderr, /InputError: nowhere: not a finished SAE folder/);
    assert.match(stderr, /at async openSae/);
    assert.equal(
      stderr.split('\n').filter((line) => line.length > 400),
      [],
    );
    return;
  }
  throw new Error('it found an SAE nowhere');
});

test.run();

// The pages about tokens of a network that reads text: quotes with the token marked, a text that the network reads on the spot, and
// what is said where it cannot.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type ExploreReport, embed, explore, openSae, pack, parseNpy, train } from '../../src/node.js';
import { browserTests } from '../support/browser.js';
import { temporaryFolder } from '../support/cli.js';
import { overflow, watched } from '../support/explorer.js';
import { filled } from '../support/filled.js';
import { rejection } from '../support/rejection.js';
import { tinyGpt2 } from '../support/tiny-gpt2.js';

const test = suite('explorer/tokens');
const dir = temporaryFolder('tokens');
const { weights, texts, documents, tap } = tinyGpt2(dir);
const artefact = join(dir, 'artefact');
const quiet = { warn: () => {} };

type Server = Extract<ExploreReport, { url: string }>;
let server: Server;
test.before(async () => {
  const [vectors, sae, other] = [join(dir, 'vectors'), join(dir, 'sae'), join(dir, 'other')];
  await embed({ model: weights, texts, tap, context: 24, out: vectors, ...quiet });
  await train({
    ...{ activations: vectors, arch: 'topk', k: 4, dSae: 48, steps: 60, batch: 128, out: sae, ...quiet },
  });
  await train({
    ...{ activations: vectors, arch: 'topk', k: 4, dSae: 32, steps: 60, batch: 128, seed: 1, out: other },
    ...quiet,
  });
  await pack({ sae: [sae, other], in: vectors, out: artefact, ...quiet });
  server = (await explore({ runs: artefact, port: 0, ...quiet })) as Server;
});
test.after(() => server.close());

browserTests(
  test,
  'a text is read token for token, to the bits of what was embedded',
  async (openContext) => {
    assert.equal([server.embeddings!.tokens, server.embeddings!.pictures], [true, false]);
    const { page, go, complaints, foreign } = await watched(await openContext(), server.url);
    await go('', 'artefact');
    assert.match((await page.locator('.lead').textContent())!, /tokens, each a vector of 16/);
    await page.locator('section', { hasText: 'Some tokens' }).locator('mark').first().waitFor();
    await page.locator('a.button', { hasText: 'Read a text' }).click();
    await page.locator('h1', { hasText: 'Read a text' }).waitFor();
    // The beginning of the first window, so that each token is one of those that were embedded.
    const text = documents[0].text.slice(0, 22);
    await page.locator('#search').fill(text);
    await page.locator('button', { hasText: /^Read$/ }).click();
    const tokens = page.locator('.read-token');
    await tokens.nth(3).waitFor();
    assert.is((await tokens.allTextContents()).join(''), text);
    const chosen = page.locator('.read-choice a').first();
    const feature = Number((await chosen.textContent())!.slice(1));
    await chosen.click();
    await page.locator('h2', { hasText: `Where f${feature} fires` }).waitFor();
    const fires = await tokens.evaluateAll((all) => all.map((a) => a.classList.contains('fires')));
    // What the library says of the vectors that were embedded: token i of the text is token i + 1 of the window.
    const data = embedded();
    const sae = await openSae(join(dir, 'sae'));
    const active = sae.topFeatures(data.slice(0, 16 * fires.length), 48);
    assert.equal(
      fires,
      filled(active).map((list) => list.some((a) => a.feature === feature)),
    );
    sae.dispose();
    await tokens.nth(2).click();
    const nearest = page.locator('.result-column .doc-row').first();
    await nearest.waitFor();
    assert.is(await nearest.locator('.doc-number').textContent(), '1.000');
    assert.match((await nearest.getAttribute('href'))!, /documents\/2\b/);
    await nearest.click();
    await page.locator('h1.quote mark').waitFor();
    await go(`#/features/${feature}`);
    await page.locator('.doc-title mark').first().waitFor();
    await page.setViewportSize({ width: 375, height: 700 });
    for (const hash of [`#/read?q=${encodeURIComponent(text)}&token=2&feature=${feature}`, '#/documents/2']) {
      await go(hash);
      assert.is(await overflow(page), 0, hash);
    }
    assert.equal([complaints, foreign()], [[], []]);
  },
);

browserTests(
  test,
  'a text that is too long is refused in words, and an export reads none',
  async (openContext) => {
    const { page, go } = await watched(await openContext(), server.url);
    await go(`#/read?q=${'a'.repeat(60)}`, 'Read a text');
    await page.locator('.warn', { hasText: '60 tokens; 47 are read at once' }).waitFor();
  },
);

/** What was embedded, [n][16]. */
const embedded = () =>
  parseNpy(new Uint8Array(readFileSync(join(dir, 'vectors/embeddings.npy'))), 'vectors').data;

browserTests(
  test,
  'neurons of the tap: their strongest tokens of all, levels, relatives; one is lit up in a text',
  async (openContext) => {
    const { page, go, complaints } = await watched(await openContext(), server.url);
    await go('#/neurons', `Neurons of model, ${tap}`);
    assert.is(await page.locator('.summary-line p').textContent(), '16 of 16 neurons');
    await page.locator('#search').fill('n5');
    await page.locator('.atlas-feature').first().click();
    await page.locator('h1', { hasText: 'Neuron 5' }).waitFor();
    const data = embedded();
    const values = Array.from({ length: data.length / 16 }, (_, i) => ({ i, v: data[16 * i + 5] }));
    const above = values.filter(({ v }) => v > 0).sort((a, b) => b.v - a.v || a.i - b.i);
    const fires = new RegExp(`n5 of model, ${tap} · above 0 on ${grouped(above.length)} tokens`);
    assert.match((await page.locator('p.soft').first().textContent())!, fires);
    const strongest = page.locator('section', { has: page.locator('h2', { hasText: 'Strongest' }) });
    assert.equal(
      await strongest.locator('.doc-row').evaluateAll((all) => all.map((a) => a.getAttribute('href'))),
      above.slice(0, 10).map(({ i }) => `#/documents/${i}`),
    );
    assert.is(await page.locator('.atlas-level').count(), 6);
    await page.locator('h3', { hasText: 'Correlates with' }).waitFor();
    // From a neuron to the features along it, and back by the share of their decoder rows.
    const nearest = page.locator('div', { has: page.locator('> h3', { hasText: 'Nearest in sae' }) }).last();
    await nearest.locator('.feature-link').first().click();
    await page.locator('h3', { hasText: 'Leans on neurons' }).waitFor();
    await page
      .locator('.feature-link b', { hasText: /^n\d+$/ })
      .first()
      .waitFor();
    await go(`#/documents?neuron=5`, 'Tokens that fire n5');
    assert.is((await page.locator('.doc-row .doc-number').count()) > 5, true);
    const text = documents[0].text.slice(0, 22);
    await go(`#/read?q=${encodeURIComponent(text)}&neuron=5`, 'Read a text');
    await page.locator('h2', { hasText: 'Where n5 fires' }).waitFor();
    const lit = await page
      .locator('.read-token')
      .evaluateAll((all) => all.map((a) => a.classList.contains('fires')));
    assert.equal(
      lit,
      filled(lit).map((_, i) => values[i].v > 0),
    );
    await page.locator('.read-token').nth(3).click();
    await page.locator('button', { hasText: 'Take n5 away' }).click();
    await page.locator('.moved .what').first().waitFor();
    assert.match(
      (await page.locator('.effects figcaption').textContent())!,
      /By chance: \d of 8 random directions/,
    );
    await page.setViewportSize({ width: 375, height: 700 });
    for (const hash of ['#/neurons', '#/neurons/5', '#/compare', '#/notes']) {
      await go(hash);
      assert.is(await overflow(page), 0, hash);
    }
    assert.equal(complaints, []);
  },
);

browserTests(
  test,
  'labels, notes and lists are kept, found, saved and merged; two SAEs are compared beside chance',
  async (openContext) => {
    const context = await openContext();
    const { page, go, complaints } = await watched(context, server.url);
    for (const [hash, title, label] of [
      ['#/features/3', 'Feature 3', 'opening words'],
      ['#/neurons/7', 'Neuron 7', 'a place'],
    ]) {
      await go(hash, title);
      await page.locator('.own summary').click();
      await page.locator('#own-label').fill(label);
      await page.locator('#own-lists').fill('to look at');
      await page.locator('#own-note').fill('of the first visit');
    }
    await go('#/features?q=opening', 'Features of');
    assert.equal(await page.locator('.atlas-feature b').allTextContents(), ['f3']);
    assert.equal(await page.locator('.atlas-feature .feature-words').allTextContents(), ['opening words']);
    await go('#/neurons?list=to%20look%20at', 'Neurons of');
    assert.equal(await page.locator('.atlas-feature b').allTextContents(), ['n7']);
    await go('#/features/3?sae=1');
    await page.locator('h1', { hasText: 'Feature 3' }).waitFor(); // another SAE's: not said of this one
    await go('#/notes', 'Notes');
    assert.equal(await page.locator('.note-row b').allTextContents(), ['neuron 7', 'f3']);
    const [saved] = await Promise.all([
      page.waitForEvent('download'),
      page.locator('button', { hasText: 'Save notes.json' }).click(),
    ]);
    // saveAs: a browser that is served (scripts/test.mjs) says no path.
    await saved.saveAs(join(dir, 'notes.json'));
    const file = JSON.parse(readFileSync(join(dir, 'notes.json'), 'utf8'));
    assert.equal([file.tap, Object.keys(file.units)], [tap, [`${tap}:7`, 'f3']]);
    // Laid beside the SAE they are there for whoever has kept nothing.
    writeFileSync(join(artefact, 'saes/0/notes.json'), JSON.stringify(file));
    const again = (await explore({ runs: artefact, port: 0, ...quiet })) as Server;
    try {
      const other = await watched(await openContext(), again.url);
      await other.go('#/features/3', 'opening words');
      assert.equal(other.complaints, []);
    } finally {
      again.close();
    }
    await go('#/compare', 'Two SAEs');
    assert.match(
      (await page.locator('.atlas-compare p', { hasText: 'random directions' }).textContent())!,
      /Mean 0\.\d\d, by chance 0\.\d\d\.$/,
    );
    const [a, b] = [await openSae(join(dir, 'sae')), await openSae(join(dir, 'other'))];
    const best = nearestOf(a.tensors.W_dec.data, b.tensors.W_dec.data);
    const cells = page.locator('.match-row').first();
    assert.equal(await cells.locator('.match-cell b').allTextContents(), [`f${best.a}`, `f${best.b}`]);
    assert.match((await cells.locator('.cosine').textContent())!, new RegExp(`^${best.cosine.toFixed(3)}`));
    for (const sae of [a, b]) sae.dispose();
    assert.equal(complaints, []);
  },
);

/** The pair of decoder rows, of 16, with the largest cosine. */
function nearestOf(x: Float32Array, y: Float32Array) {
  const rows = (all: Float32Array) =>
    Array.from({ length: all.length / 16 }, (_, i) => [...all.subarray(16 * i, 16 * (i + 1))]);
  const dot = (p: number[], q: number[]) => p.reduce((sum, v, k) => sum + v * q[k], 0);
  const all = rows(x).flatMap((p, a) =>
    rows(y).map((q, b) => ({ a, b, cosine: dot(p, q) / Math.sqrt(dot(p, p) * dot(q, q)) })),
  );
  return all.reduce((one, other) => (other.cosine > one.cosine ? other : one));
}

const grouped = (n: number): string => String(n).replace(/\B(?=(\d{3})+$)/g, ',');

test('an export has no reader; other weights are refused where named, and said where they are only missing', async () => {
  const site = join(dir, 'site');
  await explore({ runs: artefact, export: site, ...quiet });
  assert.is(JSON.parse(readFileSync(join(site, 'atlas.json'), 'utf8')).reads, null);
  const other = temporaryFolder('other');
  const wrong = tinyGpt2(other, 4).weights;
  const error = (await rejection(explore({ runs: artefact, port: 0, model: wrong, ...quiet }))) as Error;
  assert.match(error.message, /not the weights of these tokens/);
  const service = (await rejection(
    explore({ runs: artefact, port: 0, endpoint: 'http://127.0.0.1:1/v1', name: 'x', ...quiet }),
  )) as Error;
  assert.match(service.message, /read by the network whose tokens these are/);
});

test.run();

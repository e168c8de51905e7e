// The pages about tokens of a network that reads text: quotes with the token marked, a text that the network reads on the spot, and
// what is said where it cannot.
import { readFileSync } from 'node:fs';
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
  const [vectors, sae] = [join(dir, 'vectors'), join(dir, 'sae')];
  await embed({ model: weights, texts, tap, context: 24, out: vectors, ...quiet });
  await train({
    ...{ activations: vectors, arch: 'topk', k: 4, dSae: 48, steps: 60, batch: 128, out: sae, ...quiet },
  });
  await pack({ sae, in: vectors, out: artefact, ...quiet });
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
    const { data } = parseNpy(new Uint8Array(readFileSync(join(dir, 'vectors/embeddings.npy'))), 'vectors');
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

// The pages about embeddings as someone uses them: looking for something, steering it, reading features, families and map;
// by keyboard, on a phone, from a static export; and what the server refuses.
import { appendFileSync, cpSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type ExploreReport, embed, explore, search } from '../../src/node.js';
import { CORPUS, corpus, HOSTILE, packedCorpus } from '../support/atlas.js';
import { browserTests, longBrowserTests } from '../support/browser.js';
import { temporaryFolder } from '../support/cli.js';
import { type FakeService, fakeService } from '../support/embedding-server.js';
import { overflow, watched } from '../support/explorer.js';
import { filled } from '../support/filled.js';
import { rejection } from '../support/rejection.js';
import { serveSite } from '../support/site.js';

const test = suite('explorer/atlas');
const home = await packedCorpus();
const artefact = join(home, 'artefact');
const quiet = { warn: () => {} };
const given = { in: join(artefact, 'embeddings'), sae: join(artefact, 'saes/1'), ...quiet };
const { axes } = corpus();

type Server = Extract<ExploreReport, { url: string }>;
let service: FakeService;
let server: Server;
test.before(async () => {
  service = await fakeService({ d: CORPUS.d });
  server = (await explore({
    ...{ runs: artefact, port: 0, endpoint: service.url, name: 'fake', ...quiet },
  })) as Server;
});
test.after(() => {
  server.close();
  service.close();
});

/** Titles that a list shows, once all of them are here. */
const titles = (list: import('playwright-core').Locator) =>
  list.locator('.doc-title').evaluateAll((all) => all.map((e) => e.textContent));

browserTests(
  test,
  'the first view says what there is; words, ids and labels are found; what is hostile is text',
  async (openContext) => {
    const { page, go, complaints, foreign } = await watched(await openContext(), server.url);
    await go('', 'A corpus');
    assert.match(
      (await page.locator('.lead').textContent())!,
      /1,500 documents, each a vector of 32, .* 2 sparse/,
    );
    assert.is(await page.locator('table tr').count(), 3);
    await page.locator('.family-list li').first().waitFor();
    await page.locator('#search').fill('thing9 leisure');
    await page.keyboard.press('Enter');
    await page.locator('h1', { hasText: 'Search' }).waitFor();
    const documents = page.locator('section', { has: page.locator('h2', { hasText: 'Documents' }) });
    await documents.locator('.doc-row').first().waitFor();
    const wanted = axes.flatMap((own, i) => (own.includes(9) && i % 3 === 0 ? [i] : []));
    const links = await documents
      .locator('.doc-row')
      .evaluateAll((all) => all.map((a) => a.getAttribute('href')));
    assert.equal(
      links,
      wanted.slice(0, 20).map((row) => `#/documents/${row}`),
    );
    await documents.locator('a', { hasText: `all ${wanted.length}` }).click();
    await page.locator('.summary-line p', { hasText: `${wanted.length} of 1,500 documents` }).waitFor();
    await page.locator('#where').fill('categories=topic1,year>=2010');
    await page.keyboard.press('Enter');
    const fewer = wanted.filter((i) => i % 20 >= 10);
    await page.locator('.summary-line p', { hasText: `${fewer.length} of 1,500` }).waitFor();
    await page.waitForURL(/where=categories/);

    await go('#/search?q=doc-7', 'Search');
    await page.locator('.doc-title', { hasText: HOSTILE }).first().waitFor();
    assert.is(await page.locator('main img').count(), 0);
    await page.locator('#search').fill('f3');
    await page.locator('.found-features b', { hasText: /^f3$/ }).first().waitFor();
    await page.locator('#search').fill('nothing-is-called-so');
    await page.locator('.note', { hasText: 'No document has this word' }).waitFor();
    assert.equal([complaints, foreign()], [[], []]);
  },
);

browserTests(
  test,
  'a document, steered: the numbers are those of search --json, by every method',
  async (openContext) => {
    const { page, go, complaints } = await watched(await openContext(), server.url);
    for (const method of ['direction', 'clamp', 'optimise'] as const) {
      const steer = [`f${axes[5][0]}=0`, 'f24=1.5'];
      const expected = await search({ ...given, query: 'doc-5', steer, method });
      const address = `#/documents/5?sae=1&steer=${steer.join(',')}${method === 'direction' ? '' : `&method=${method}`}`;
      await go(address, 'Notes on');
      const columns = page.locator('.result-column');
      await columns.nth(1).locator('.doc-row').nth(9).waitFor();
      for (const [i, results] of [expected.results, expected.steered!.results].entries()) {
        const rows = columns.nth(i).locator('.doc-row');
        assert.equal(
          await rows.evaluateAll((all) =>
            all.map((a) => a.getAttribute('href')!.replace(/^.*documents\/(\d+).*$/, 'doc-$1')),
          ),
          results.map(({ id }) => id),
          method,
        );
        assert.equal(
          await rows.locator('.doc-number').allTextContents(),
          results.map(({ score }) => score.toFixed(3)),
        );
      }
      const facts = (await page.locator('.steered-facts').textContent())!;
      assert.ok(facts.includes(`cosine to the query ${expected.steered!.fidelity.toFixed(3)}`), facts);
      assert.match(facts, /f24 fires on 0 before and \d+ after; by chance, .* on \d/);
    }
    // By hand: a slider, a feature by name, and the way back.
    await go('#/documents/5?sae=1', 'Notes on');
    const own = page.locator(`.sliders [data-feature="${axes[5][0]}"] input`);
    await own.waitFor();
    await own.focus();
    await page.keyboard.press('Home');
    await page.locator('.result-column h2', { hasText: 'After' }).waitFor();
    await page.waitForURL(new RegExp(`steer=f${axes[5][0]}%3D0`));
    await page.locator('#add-feature').fill('f24');
    await page.locator('.offer').first().click();
    await page.waitForURL(/f24%3D1/);
    await page.locator('.doc-row.new').first().waitFor();
    await page.locator('#method').selectOption('clamp');
    await page.waitForURL(/method=clamp/);
    await page.locator('#where').fill('categories=topic9');
    await page.keyboard.press('Enter');
    await page.locator('.warn', { hasText: 'no document fits these conditions' }).waitFor();
    await page.locator('#where').fill('');
    await page.keyboard.press('Enter');
    await page.locator('button', { hasText: 'As it was' }).click();
    await page.locator('.result-column h2', { hasText: 'Nearest' }).waitFor();
    await page.locator('h1').click();
    await page.keyboard.press('ArrowRight');
    await page.waitForURL(/documents\/6/);
    assert.equal(complaints, []);
  },
);

browserTests(
  test,
  'a text is looked for by its meaning through the server, and only its own pages may ask',
  async (openContext, browser) => {
    const { page, go, complaints } = await watched(await openContext(), server.url);
    await go('#/text?q=some words', 'By text');
    await page.locator('.result-column .doc-row').nth(9).waitFor();
    const expected = await search({
      in: given.in,
      query: 'some words',
      endpoint: service.url,
      name: 'fake',
      ...quiet,
    });
    assert.equal(
      await page.locator('.result-column .doc-number').allTextContents(),
      expected.results.map(({ score }) => score.toFixed(3)),
    );
    const before = service.asked.length;
    const status = (headers: Record<string, string>, body: string) =>
      new Promise<number>((done, failed) => {
        const asked = request(`${server.url}embed`, { method: 'POST', headers }, (response) => {
          response.resume();
          done(response.statusCode!);
        });
        asked.on('error', failed);
        asked.end(body);
      });
    const origin = server.url.slice(0, -1);
    assert.is(await status({}, 'x'), 403, 'no origin');
    assert.is(await status({ origin: 'http://evil.example' }, 'x'), 403);
    assert.is(await status({ origin }, 'x'.repeat(70_000)), 413);
    assert.is(await status({ origin }, '  '), 502);
    assert.is(service.asked.length, before, 'none of these was sent on');
    assert.is(await status({ origin }, `other words of ${browser}`), 200);
    assert.is(service.asked.length, before + 1);
    assert.equal(complaints, []);
  },
);

longBrowserTests(
  test,
  'features, families and the map: lists, levels, relatives, trees; each view by its address',
  async (openContext) => {
    const { page, go, complaints } = await watched(await openContext(), server.url);
    await go('#/features?sae=1&sort=density', 'Features of large');
    const names = () => page.locator('.atlas-feature b').allTextContents();
    const fires = Array.from({ length: CORPUS.d }, (_, f) => axes.filter((own) => own.includes(f)).length);
    const order = fires.map((n, f) => [n, f]).sort((a, b) => b[0] - a[0] || a[1] - b[1]);
    assert.equal(
      (await names()).slice(0, 4),
      order.slice(0, 4).map(([, f]) => `f${f}`),
    );
    await page.locator('#search').fill('f24');
    await page.waitForURL(/q=f24/);
    assert.is((await names())[0], 'f24');
    await page.locator('.atlas-feature').first().click();
    await page.locator('p.soft', { hasText: `on ${fires[24]} documents of 1,500` }).waitFor();
    const tops = await titles(page.locator('section', { has: page.locator('h2', { hasText: 'Strongest' }) }));
    assert.ok(
      filled(tops).every((title) => title!.includes('axis24')),
      tops.join(),
    );
    const levels = page.locator('.atlas-level');
    assert.is(await levels.last().locator('b').first().textContent(), 'Chance');
    const shares = (await levels.locator('p small').allTextContents()).flatMap((t) =>
      [...t.matchAll(/(\d+) % of the activation/g)].map((m) => Number(m[1])),
    );
    assert.ok(Math.abs(filled(shares).reduce((a, b) => a + b) - 100) <= shares.length, shares.join());
    const elsewhere = page.locator('h3', { hasText: 'Nearest in small' }).locator('..');
    assert.is(await elsewhere.locator('b').first().textContent(), 'f24');
    assert.is(await elsewhere.locator('.feature-bars li > .number').first().textContent(), '1.00');
    await page.locator('section h2', { hasText: /^Famil/ }).waitFor();
    await go('#/features/40?sae=1', 'Feature 40');
    await page.locator('.note', { hasText: 'It fires on nothing' }).waitFor();

    await go('#/families', 'Families of small');
    await page.locator('.of-family').first().waitFor();
    await page.locator('button', { hasText: 'As trees' }).click();
    await page.waitForURL(/view=trees/);
    await page.locator('.family-tile').first().click();
    await page.locator('.family-tree a').first().waitFor();
    const parent = new URL(page.url()).hash.replace('#/families/', '');
    const root = Number(decodeURIComponent(parent).split(':f')[1]);
    assert.is(root % CORPUS.per, 0, 'the axis of a topic');
    const members = (await page.locator('.feature-bars b').allTextContents()).map((t) => Number(t.slice(1)));
    assert.ok(
      filled(members).every((f) => Math.floor(f / CORPUS.per) === root / CORPUS.per),
      members.join(),
    );

    await go('#/map?feature=8', 'Map');
    await page.locator('.key', { hasText: `fires on ${fires[8]}` }).waitFor();
    const orange = await page.locator('canvas.map-canvas').evaluate(
      (canvas: HTMLCanvasElement) =>
        new Promise<number>((done) =>
          requestAnimationFrame(() => {
            const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
            let count = 0;
            for (let i = 0; i < data.length; i += 4)
              if (data[i + 3] > 60 && data[i] > data[i + 2] + 60) count++;
            done(count);
          }),
        ),
    );
    assert.ok(orange > 100, `${orange} pixels`);
    await page.locator('canvas.map-canvas').focus();
    for (const key of ['+', '+', 'ArrowLeft']) await page.keyboard.press(key);
    await page.waitForURL(/zoom=2\.25/);
    await page.locator('.results .doc-row').nth(7).waitFor();
    await page.locator('button', { hasText: 'no feature' }).click();
    await page.locator('.map-key a', { hasText: 'topic1' }).waitFor();
    assert.equal(complaints, []);
  },
);

longBrowserTests(
  test,
  'a static export opens on any host, at any path, and fits a phone; the list holds only what is in sight',
  async (openContext) => {
    const out = join(temporaryFolder('atlas'), 'site');
    const report = await explore({ runs: artefact, export: out, ...quiet });
    assert.ok(
      'files' in report && report.embeddings?.documents === CORPUS.documents && report.embeddings.reused,
    );
    const host = await serveSite(join(out, '..'));
    try {
      const { page, go, complaints, foreign } = await watched(
        await openContext(),
        `${host.origin}/site/index.html`,
      );
      await page.setViewportSize({ width: 390, height: 780 });
      for (const hash of [
        '',
        '#/documents',
        '#/documents/3?steer=f8=2',
        '#/features',
        '#/features/8',
        '#/families',
        '#/map',
        '#/search?q=axis3',
      ]) {
        await go(hash);
        assert.ok((await overflow(page)) <= 0, hash);
      }
      assert.is(await page.locator('a', { hasText: 'by meaning' }).count(), 0, 'no service');
      await go('#/documents', 'Documents');
      await page.locator('.doc-row').first().waitFor();
      assert.ok((await page.locator('.doc-row').count()) < 60);
      await page.locator('.doc-row').first().focus();
      await page.keyboard.press('End');
      await page.waitForFunction(() => document.activeElement?.getAttribute('href') === '#/documents/1499');
      assert.equal([complaints, foreign().filter((url) => !url.startsWith(host.origin))], [[], []]);
    } finally {
      host.close();
    }
  },
);

test('a folder of embed alone has pages too; what is damaged is one line', async () => {
  const folder = temporaryFolder('atlas');
  const embedded = join(folder, 'e');
  await embed({ model: 'embedded', images: 'procedural:8', out: embedded, ...quiet });
  const out = join(folder, 'site');
  const report = await explore({ runs: embedded, images: 'procedural:8', export: out, ...quiet });
  assert.equal(report.embeddings?.saes, []);
  assert.is(report.embeddings?.pictures, true);
  const said = JSON.parse(readFileSync(join(out, 'atlas.json'), 'utf8'));
  assert.equal([said.pictures, said.saes, said.families, said.text], ['pictures', [], null, null]);
  assert.is(readdirSync(join(out, 'pictures')).length, 8);
  const copy = join(folder, 'damaged');
  cpSync(artefact, copy, { recursive: true });
  rmSync(join(copy, 'explorer'), { recursive: true, force: true });
  appendFileSync(join(copy, 'embeddings/embeddings.npy'), 'x');
  assert.match(
    (await rejection(explore({ runs: copy, port: 0, ...quiet }))).message,
    /embeddings: its files are not as they were written/,
  );
  rmSync(join(copy, 'embeddings'), { recursive: true });
  assert.match(
    (await rejection(explore({ runs: copy, port: 0, ...quiet }))).message,
    /its embeddings are missing/,
  );
});

test('what does not belong together is refused', async () => {
  const cases: [Parameters<typeof explore>[0], RegExp][] = [
    [{ runs: [artefact, artefact] }, /embeddings are looked at alone/],
    [{ runs: artefact, model: 'embedded' }, /--model is of runs/],
    [{ runs: artefact, endpoint: service.url }, /--endpoint URL and --name MODEL together/],
    [{ runs: artefact, endpoint: service.url, name: 'fake', export: 'x' }, /static files ask no service/],
    [{ runs: join(home, 'small'), map: 'umap' }, /this is a run/],
  ];
  for (const [options, wanted] of cases)
    assert.match((await rejection(explore({ ...options, ...quiet }))).message, wanted);
});

test.run();

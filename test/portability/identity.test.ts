// One job, one hash per stage: here, in a browser, in each build, with any number of workers, and
// as docs/portability.md has it. All runtimes: npm run test:portability.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { hasBrowser, missingBrowser, openBrowser } from '../support/browser.js';
import { LONG } from '../support/long.js';
import { ROOT } from '../support/paths.js';
import { ISOLATED, readPage, serveSite } from '../support/site.js';

const test = suite('portability/identity');
const FOLDER = resolve(ROOT, 'examples/identity');
const inNode = (build: string, workers: string): string[] =>
  JSON.parse(
    execFileSync(process.execPath, [resolve(FOLDER, 'node.js'), build, workers], { encoding: 'utf8' }),
  ).lines;

// 1, 2, 3 and 8 workers in every runtime: npm run test:portability, and the long version of this test.
const simd = inNode('simd', LONG ? '1,2,3,8' : '1,3');

test('docs/portability.md has the hashes that this machine computes', () => {
  const page = readFileSync(resolve(ROOT, 'docs/portability.md'), 'utf8');
  const rows = [...page.matchAll(/^\| (.+) \| `([0-9a-f]{16})` \|$/gm)].map(
    ([, stage, hash]) => `${stage} ${hash}`,
  );
  assert.equal(rows, simd, 'if bits were meant to change: npm run test:portability -- --write');
});

// npm test compares the builds kernel by kernel and stage by stage (core/scalar, sae/training, study/downstream).
if (LONG)
  test('the scalar build has the same, with any number of workers', () => {
    assert.equal(inNode('scalar', '1,2'), simd);
  });

// Isolated and not in every browser: npm run test:portability; the pool of both: pipeline/pool.web.
const NAME = 'so has a page';
if (hasBrowser('chromium'))
  test(NAME, async () => {
    const browser = await openBrowser('chromium');
    try {
      for (const headers of LONG ? [{}, ISOLATED] : [{}]) {
        const site = await serveSite(FOLDER, headers, {
          '/node_modules/curvesae/': ROOT,
          '/node_modules/': resolve(ROOT, 'node_modules'),
        });
        const { output } = await readPage(browser, `${site.origin}/?workers=2`);
        const { isolated, warnings, lines } = JSON.parse(output);
        assert.is(isolated, headers === ISOLATED);
        assert.equal(warnings, []);
        assert.equal(lines, simd);
        site.close();
      }
    } finally {
      await browser.close();
    }
  });
else {
  console.log(`skipped: '${NAME}' ${missingBrowser('chromium')}`);
  test.skip(NAME, () => {});
}

test.run();

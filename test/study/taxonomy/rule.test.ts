// The rule's confusions on units whose family is known, and that docs/taxonomy.md has them as they are.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { init } from '../../../src/index.js';
import { battery } from '../../../src/study/physiology/battery.js';
import { profilesOf, unitsOf } from '../../../src/study/physiology/responses.js';
import { type Answers, answersOf } from '../../../src/study/taxonomy/answers.js';
import { FAMILIES, type Family, sorted } from '../../../src/study/taxonomy/rule.js';
import { ROOT } from '../../support/paths.js';
import { FIELD, syntheticResponses, syntheticUnits } from '../../support/synthetic-units.js';

const test = suite('study/taxonomy/rule');
const engine = await init();
const EACH = 8;
const units = syntheticUnits(engine.math, 3, EACH);
const all = battery(engine.math, FIELD, 24);
const responses = syntheticResponses(
  engine,
  units,
  all.flatMap(({ drawings }) => drawings),
);
const n = units.length;
const answers = answersOf(all, profilesOf(all, responses, n, unitsOf(n)), n);
const found = answers.map((a, u) => sorted(a, units[u].percentile, 1000));

const count = (of: Family, as: Family) =>
  units.filter(({ family }, u) => family === of && found[u].family === as).length;

test('most units of every family are sorted into it', () => {
  for (const family of FAMILIES)
    assert.ok(count(family, family) >= 0.6 * EACH, `${family}: ${count(family, family)} of ${EACH}`);
  const right = FAMILIES.reduce((sum, family) => sum + count(family, family), 0);
  assert.ok(right >= 0.9 * n, `${right} of ${n}`);
});

test('docs/taxonomy.md has the confusions as they are measured', () => {
  const page = readFileSync(join(ROOT, 'docs/taxonomy.md'), 'utf8');
  const rows = FAMILIES.map((of) => `| ${of} | ${FAMILIES.map((as) => count(of, as) || '').join(' | ')} |`);
  for (const row of rows) assert.ok(page.includes(row), `docs/taxonomy.md lacks\n${rows.join('\n')}`);
});

test('what never fires, or hardly answers, is other; the margin compares with the next family', () => {
  const u = found.findIndex(({ family, margin }) => family === 'Gabor' && margin! > 1);
  assert.is(sorted(answers[u], units[u].percentile, 19).family, 'other');
  assert.is(sorted(answers[u], 0, 1000).strength, 0);
  assert.is(sorted(answers[u], 100 * units[u].percentile, 1000).family, 'other');
  // Ten times the answer to gratings, so much more than to the rest.
  const more = {
    ...answers[u],
    grating: { ...answers[u].grating, best: 10 * answers[u].grating.best },
  } as Answers;
  assert.ok(sorted(more, units[u].percentile, 1000).margin! > 5 * found[u].margin!);
});

test.run();

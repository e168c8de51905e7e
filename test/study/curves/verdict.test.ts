// The sentence of every kind of result, by hand.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { OLDER, type VerdictFacts, verdict } from '../../../src/study/curves/verdict.js';
import { CONFIRMED, COPY, curveResult, feature, randomOnly } from '../../support/curve-results.js';

const test = suite('study/curves/verdict');
/** One gap, 95 to 170. */
const GAP = [0, 35, 65, 95, 170, 200, 230, 260, 290, 320];
const facts = (given: Partial<VerdictFacts>): VerdictFacts => ({
  ...{ curves: curveResult([]), controls: randomOnly(0.2, 0.0099), fvu: 0.05, photographs: 800, seeds: 3 },
  orientations: 720,
  ...given,
});

const CASES: [string, Partial<VerdictFacts>, string][] = [
  [
    'no gap',
    { curves: curveResult([feature(3, 45, CONFIRMED), feature(4, 92, COPY)]) },
    '12 neurons are curve detectors without a wide gap (largest 30°); 1 of 2 curve features repeats no neuron, where random directions give 0.20 (p = 0.0099); photographs agree with 1 of them, where they agree with 0.20 random ones (p = 0.0099); that is more than chance gives, and 1 of them passes every test.',
  ],
  [
    'a gap filled by a copy',
    { curves: curveResult([feature(3, 130, COPY), feature(4, 66, COPY)], GAP) },
    '10 neurons are curve detectors with a wide gap (95° to 170°); the 2 curve features all repeat neurons, those in a gap too, so the gap stays open; the autoencoder shows no curve that no neuron shows.',
  ],
  [
    'a gap filled by novel features',
    {
      curves: curveResult(
        [feature(3, 130, CONFIRMED), feature(4, 120, CONFIRMED), feature(5, 66, COPY)],
        GAP,
      ),
      controls: randomOnly(0.2, 0.0099, 0.1, 0.0396),
    },
    '10 neurons are curve detectors with a wide gap (95° to 170°); 2 of 3 curve features repeat no neuron and fill it, where random directions give 0.20 (p = 0.0099) and fill 0.10 (p = 0.040); photographs agree with 2 of them, where they agree with 0.20 random ones (p = 0.0099); that is more than chance gives, and 2 of them pass every test.',
  ],
  [
    'as many by chance',
    {
      curves: curveResult([feature(3, 130, CONFIRMED)], GAP),
      controls: randomOnly(3.1, 0.55, 1, 0.9),
      seeds: 1,
    },
    '10 neurons are curve detectors with a wide gap (95° to 170°); the one curve feature repeats no neuron and fills it, where random directions give 3.1 (p = 0.55) and fill 1 (p = 0.90); photographs agree with 1 of them, where they agree with 3.1 random ones (p = 0.55); that is no more than chance gives; missing: other seeds (one only).',
  ],
  [
    // Photographs never fire it: it meets no criterion, and is no curve feature.
    'a gap that a feature which never fires would fill',
    { curves: curveResult([], GAP) },
    '10 neurons are curve detectors with a wide gap (95° to 170°); no feature is one; the autoencoder shows no curve that no neuron shows.',
  ],
  [
    'FVU .5',
    { curves: curveResult([feature(3, 130, CONFIRMED)], GAP), fvu: 0.5 },
    '10 neurons are curve detectors with a wide gap (95° to 170°); the one curve feature repeats no neuron and fills it, where random directions give 0.20 (p = 0.0099) and fill 0 (p = 1); but the autoencoder leaves 50 % of the variance unexplained (at most 10 %), so its features explain nothing.',
  ],
  [
    'three photographs',
    {
      curves: curveResult([feature(3, 130, { ...CONFIRMED, seeds: null, standing: 'open' })], GAP),
      photographs: 3,
      seeds: 1,
    },
    '10 neurons are curve detectors with a wide gap (95° to 170°); the one curve feature repeats no neuron and fills it, where random directions give 0.20 (p = 0.0099) and fill 0 (p = 1); but 3 photographs are too few to tell; missing: other seeds (one only).',
  ],
  [
    'nothing at all',
    { curves: curveResult([], []) },
    'No neuron is a curve detector; no feature is one; the autoencoder shows no curve that no neuron shows.',
  ],
];

for (const [name, given, sentence] of CASES) test(name, () => assert.is(verdict(facts(given)), sentence));

test('which gaps stay open is said of gaps, however many', () => {
  const said = (orientations: number[]): string =>
    /and ([a-z]+ (\d )?gaps? stays? open)/.exec(
      verdict(facts({ curves: curveResult([feature(3, 66, CONFIRMED)], orientations) })),
    )![1];
  assert.is(said([0, 35, 65, 95, 165, 200, 230, 260, 290, 330]), 'the gap stays open');
  assert.is(said([0, 35, 65, 95, 165, 200, 230, 260, 330]), 'both gaps stay open');
  assert.is(said([0, 35, 65, 95, 165, 235, 265, 330]), 'all 3 gaps stay open');
});

test('photographs tell apart what the count of features cannot', () => {
  const curves = curveResult([feature(3, 130, CONFIRMED)], GAP);
  const controls = randomOnly(3.1, 0.06);
  controls.random!.agreeing = { mean: 0.4, p95: 1 };
  controls.random!.pAgreeing = 0.02;
  assert.match(
    verdict(facts({ curves, controls })),
    'agree with 0.40 random ones (p = 0.020); that is more than chance gives',
  );
});

test('what was not measured is not claimed', () => {
  const open = { ...CONFIRMED, seeds: null, natural: null, standing: 'open' as const };
  const curves = curveResult([feature(3, 130, open)], GAP);
  assert.match(verdict(facts({ curves, controls: null, seeds: 1 })), 'chance gives as many was not measured');
  const one = verdict(facts({ curves, seeds: 1 }));
  assert.match(one, 'none has passed every test yet (1 fails none)');
  assert.match(one, 'missing: other seeds (one only), photographs that training did not see.');
  const refuted = { ...CONFIRMED, line: 1.2, standing: 'refuted' as const };
  assert.match(
    verdict(facts({ curves: curveResult([feature(3, 130, refuted)]) })),
    'each of them fails a test',
  );
});

test('without an autoencoder only the neurons are spoken of', () => {
  const { neurons } = curveResult([], GAP);
  assert.is(
    verdict(facts({ curves: { neurons }, controls: null, fvu: null })),
    '10 neurons are curve detectors with a wide gap (95° to 170°).',
  );
  assert.is(
    verdict(facts({ curves: { neurons }, controls: null, fvu: null, photographs: 1 })),
    '10 neurons are curve detectors with a wide gap (95° to 170°); 1 photograph is too few to tell.',
  );
});

test('one sentence: one full stop, at the end', () => {
  for (const sentence of [...CASES.map(([, given]) => verdict(facts(given))), OLDER])
    assert.is(sentence.replace(/\d\.\d/g, '').match(/[.!?]/g)!.length, 1, sentence);
});

test('a share above the bound is not written as the bound; one neuron leaves all but its direction', () => {
  const curves = curveResult([feature(3, 130, CONFIRMED)], [278]);
  assert.match(
    verdict(facts({ curves, fvu: 0.1005 })),
    'leaves 10.1 % of the variance unexplained (at most 10 %)',
  );
  assert.match(verdict(facts({ curves, fvu: 0.10004 })), 'leaves 10.004 % of');
  assert.match(verdict(facts({ curves, fvu: 0.5 })), 'leaves 50 % of');
  assert.match(
    verdict(facts({ curves })),
    /^1 neuron is a curve detector with a wide gap \(all but 278°\); /,
  );
});

test('fewer orientations than 720 are said in every sentence', () => {
  const { neurons } = curveResult([]);
  const missing = 'missing: orientations (36 of 720, so that counts are interpolated).';
  const alone = { curves: { neurons }, controls: null, fvu: null };
  for (const given of [...CASES.map(([, one]) => one), alone]) {
    const full = verdict(facts(given));
    const few = verdict(facts({ ...given, orientations: 36 }));
    assert.match(few, missing.slice(0, -1));
    assert.is(few.replace(/orientations \(36[^)]*\)(, )?/, '').replace(/; missing: \./, '.'), full);
  }
  assert.ok(verdict(facts({ ...alone, orientations: 36 })).endsWith(missing));
});

test.run();

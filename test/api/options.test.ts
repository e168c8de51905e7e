import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { checked, type Options } from '../../src/api/options.js';
import { UsageError, VERSION } from '../../src/index.js';
import { ROOT } from '../support/paths.js';

const test = suite('api/options');
const TABLE = {
  tap: { kind: 'text', value: 'T', help: 'the tap', required: true },
  'd-sae': { kind: 'integer', value: 'F', help: 'latents', min: 1, max: 100 },
  'line-width': { kind: 'number', value: 'W', help: 'width', min: 0.1, default: 2 },
  sample: { kind: 'choice', of: ['uniform', 'norm'], help: 'how', default: 'norm' },
  radii: { kind: 'numbers', value: 'R', help: 'radii' },
  units: { kind: 'list', value: 'U', help: 'units' },
  model: { kind: 'text', value: 'M', help: 'network', default: 'embedded', object: true },
  detail: { kind: 'switch', help: 'more' },
} as const satisfies Options;

test('defaults; one of a list may stand alone; objects where they are taken', () => {
  const bytes = new Uint8Array(3);
  const o = checked('demo', TABLE, { tap: 't', radii: 30, units: 'a:1', model: bytes });
  assert.equal(o, {
    tap: 't',
    dSae: undefined,
    lineWidth: 2,
    sample: 'norm',
    radii: [30],
    units: ['a:1'],
    model: bytes,
    detail: false,
  });
});

test('a wrong option is a UsageError that names it', () => {
  const wrong: [object, RegExp][] = [
    [{}, /demo: needs the option tap: the tap/],
    [{ tap: 't', dsae: 3 }, /unknown option of demo\(\) 'dsae'; closest: dSae/],
    [{ tap: 't', dSae: 0 }, /demo: dSae must be a whole number from 1 to 100, not 0/],
    [{ tap: 't', dSae: '8' }, /dSae must be a whole number .*not '8'/],
    [{ tap: 't', lineWidth: Number.NaN }, /lineWidth must be a number of at least 0.1, not NaN/],
    [{ tap: 't', sample: 'norn' }, /unknown value of demo: sample 'norn'; closest: norm/],
    [{ tap: 't', radii: ['a'] }, /radii must be a list of numbers, not a list/],
    [{ tap: 't', units: [1] }, /units must be a list of texts/],
    [{ tap: ['t'] }, /tap must be a text, not a list/],
    [{ tap: '' }, /tap must be a text, not ''/],
    [{ tap: 't', detail: 1 }, /detail must be true or false, not 1/],
    ['tap' as unknown as object, /demo: takes one object of options, not 'tap'/],
  ];
  for (const [given, message] of wrong)
    try {
      checked('demo', TABLE, given);
      assert.unreachable(`accepted ${JSON.stringify(given)}`);
    } catch (error) {
      assert.instance(error, UsageError, String(error));
      assert.match((error as Error).message, message);
    }
});

test('the version is that of the package', () => {
  assert.is(VERSION, JSON.parse(readFileSync(resolve(ROOT, 'package.json'), 'utf8')).version);
});

test.run();

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Options } from '../../src/api/options.js';
import { parse } from '../../src/cli/flags.js';
import { UsageError } from '../../src/core/errors.js';

const test = suite('cli/flags');
const FLAGS = {
  tap: { kind: 'text', value: 'T', help: 'tap', required: true },
  k: { kind: 'integer', value: 'K', help: 'k', min: 1, max: 100, default: 8 },
  lr: { kind: 'number', value: 'LR', help: 'rate', min: 0 },
  images: { kind: 'list', value: 'DIR', help: 'images' },
  sample: { kind: 'choice', of: ['uniform', 'norm'], help: 'how', default: 'uniform' },
  resume: { kind: 'switch', help: 'go on' },
} as const satisfies Options;
const of = (...args: string[]) => parse('demo', FLAGS, args);

function message(...args: string[]): string {
  try {
    of(...args);
  } catch (error) {
    assert.instance(error, UsageError);
    return (error as Error).message;
  }
  throw new Error(`accepted: ${args.join(' ')}`);
}

test('values, defaults, lists and positionals', () => {
  const { values, positionals } = of(
    'a.jpg',
    '--tap',
    'mixed3b',
    '--lr=1e-3',
    '--images',
    'x,y',
    '--images',
    'z',
    '--resume',
    'b.jpg',
  );
  assert.equal(positionals, ['a.jpg', 'b.jpg']);
  assert.is(values.tap, 'mixed3b');
  assert.is(values.k, 8);
  assert.is(values.lr, 1e-3);
  assert.equal(values.images, ['x', 'y', 'z']);
  assert.is(values.sample, 'uniform');
  assert.is(values.resume, true);
  assert.is(values.json, false);
  assert.is(values.seed, 0);
});

test('a negative number can be given with =', () => {
  assert.match(message('--tap', 't', '--lr=-1'), 'at least 0');
});

test('each mistake is one clear line', () => {
  assert.match(message(), '--tap');
  assert.match(message('--tap', 't', '--tpa', 'x'), '--tap');
  assert.match(message('--tap'), 'needs a value');
  assert.match(message('--tap', 't', '--k', '0'), 'from 1 to 100');
  assert.match(message('--tap', 't', '--k', '1.5'), 'whole number');
  assert.match(message('--tap', 't', '--k', 'many'), "'many'");
  assert.match(message('--tap', 't', '--sample', 'norn'), 'norm');
  assert.match(message('--tap', 't', '--resume=yes'), 'no value');
  assert.match(message('--tap', 't', '--workers', '0'), 'from 1');
  assert.match(message('--tap', 't', '--__proto__', '1'), '__proto__');
  assert.match(message('--tap', 't', '--constructor', '1'), 'constructor');
});

test.run();

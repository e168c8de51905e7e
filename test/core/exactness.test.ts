// Numeric code takes exp, sin ... from the core: JS Math differs between engines.
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ROOT } from '../support/paths.js';

const test = suite('core/exactness');
/** Every room whose numbers reach a result. The report only draws them. */
const ROOMS = ['core', 'formats', 'network', 'images', 'activations', 'sae', 'study'];
const FORBIDDEN =
  /Math\.(exp|expm1|log|log1p|log2|log10|pow|sin|cos|tan|asin|acos|atan|atan2|sinh|cosh|tanh|cbrt|hypot|random)\b/;

test('no JS Math transcendental and no Math.random in a numeric path', () => {
  let files = 0;
  for (const room of ROOMS) {
    const dir = resolve(ROOT, 'src', room);
    for (const file of readdirSync(dir, { recursive: true, encoding: 'utf8' }).filter((f) =>
      f.endsWith('.ts'),
    )) {
      files++;
      const code = readFileSync(join(dir, file), 'utf8').replace(/\/\/.*$|\/\*[\s\S]*?\*\//gm, '');
      assert.not.match(code, FORBIDDEN, `${room}/${file}`);
    }
  }
  assert.ok(files > 50);
});

test.run();

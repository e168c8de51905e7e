import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { formatUnit, parseUnit, type Unit, unitName } from '../../src/units/unit.js';

const test = suite('units/unit');

test('every way a unit is written is read back', () => {
  const units: [Unit, string | undefined, string, string][] = [
    [{ kind: 'features', index: 12 }, undefined, 'f12', 'f12'],
    [{ kind: 'features', index: 0 }, 'mixed3b', 'f0', 'f0'],
    [{ kind: 'neurons', index: 59 }, undefined, 'n59', 'neuron 59'],
    [{ kind: 'neurons', index: 59 }, 'mixed3b_5x5', 'mixed3b_5x5:59', 'neuron 59'],
  ];
  for (const [unit, tap, text, name] of units) {
    assert.is(formatUnit(unit, tap), text);
    assert.is(unitName(unit), name);
    assert.equal(parseUnit(text), unit);
    assert.equal(parseUnit(` ${text.toUpperCase()} `), unit);
  }
});

test('a number alone is what the caller says', () => {
  assert.is(parseUnit('12'), undefined);
  assert.equal(parseUnit('12', 'features'), { kind: 'features', index: 12 });
  assert.equal(parseUnit('12', 'neurons'), { kind: 'neurons', index: 12 });
});

test('anything else is no unit', () => {
  for (const text of ['', 'f', 'n', 'f-1', 'f1.5', 'g5', 'f12x', 'a:b:', ':5', 'f1234567890', '5f', 'n:'])
    assert.is(parseUnit(text, 'features'), undefined, text);
});

test.run();

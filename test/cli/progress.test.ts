import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { duration, Progress } from '../../src/cli/progress.js';

const test = suite('cli/progress');

function sink(isTTY: boolean) {
  const written: string[] = [];
  return { written, isTTY, columns: 40, write: (t: string) => written.push(t) };
}

test('a terminal sees one redrawn line that fits', () => {
  const s = sink(true);
  const progress = new Progress(s, { quiet: false });
  progress.start('extract');
  progress.update(5, 10, 'images', 'a very long detail that would not fit on the line');
  assert.ok(s.written[0].startsWith('\r\x1b[Kextract: 5/10 images'));
  assert.ok(s.written[0].length <= 40 + 4);
  progress.finish('10 images');
  assert.is(s.written.at(-2), '\r\x1b[K');
  assert.match(s.written.at(-1)!, /^extract: 10 images \(.* s\)\n$/);
});

test('a log sees no control characters, and not one line per update', () => {
  for (const [isTTY, term] of [
    [false, 'xterm'],
    [true, 'dumb'],
  ] as const) {
    const s = sink(isTTY);
    const progress = new Progress(s, { quiet: false, term });
    progress.start('train');
    for (let i = 0; i < 1000; i++) progress.update(i, 1000, 'steps');
    progress.finish('done');
    assert.is(s.written.length, 1);
    assert.not.match(s.written.join(''), '\x1b');
  }
});

test('what a stage counts next has a rate and a time left of its own', () => {
  const s = { ...sink(true), columns: 100 };
  let now = 0;
  const progress = new Progress(s, { quiet: false }, () => now);
  progress.start('controls');
  now = 50_000;
  progress.update(100, 100, 'draws');
  now = 51_000;
  progress.update(10, 40, 'photographs');
  assert.match(s.written.at(-1)!, /10\/40 photographs, 10\.0 photographs\/s, 3\.0 s left$/);
  now = 52_000;
  progress.update(20, 40, 'photographs');
  assert.match(s.written.at(-1)!, /10\.0 photographs\/s, 2\.0 s left$/);
  progress.finish('done');
  assert.match(s.written.at(-1)!, /\(52 s\)/);
});

test('quiet keeps warnings only', () => {
  const s = sink(true);
  const progress = new Progress(s, { quiet: true });
  progress.start('x');
  progress.update(1, 2, 'y');
  progress.finish('z');
  progress.warn('one thing');
  assert.equal(s.written, ['warning: one thing\n']);
});

test('durations', () => {
  assert.is(duration(3.21), '3.2 s');
  assert.is(duration(59.4), '59 s');
  assert.is(duration(61), '1 min 1 s');
  assert.is(duration(3725), '1 h 2 min');
});

test.run();

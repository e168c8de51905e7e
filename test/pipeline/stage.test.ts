// A stage's folder: named by its identity, finished once, taken as it is after that.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { shortHash } from '../../src/core/hash.js';
import { InputError } from '../../src/index.js';
import { completeFile, runStage, type Stage } from '../../src/pipeline/stage.js';
import { memoryStorage } from '../support/memory-storage.js';
import { rejection } from '../support/rejection.js';

const test = suite('pipeline/stage');
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

const remade: string[] = [];

/** A stage that writes `content`, and counts how often it had to. */
function stageOf(identity: object, content: string, made: string[]): Stage<string> {
  return {
    name: 'letters',
    identity,
    complete: (folder) =>
      completeFile(
        folder,
        'letters.txt',
        async () => {
          made.push(content);
          return new TextEncoder().encode(content);
        },
        async () => text(await folder.read('letters.txt')),
        (message) => remade.push(message),
      ),
    summary: (value) => `${value.length} letters`,
  };
}

function recorded() {
  const said: string[] = [];
  const progress = {
    start: (stage: string) => said.push(`${stage}:`),
    update: () => {},
    finish: (summary: string) => said.push(summary),
  };
  return { said, progress };
}

test('made once for an identity, whatever the order of its keys; another identity is another folder', async () => {
  const out = memoryStorage();
  const made: string[] = [];
  const { said, progress } = recorded();
  const first = await runStage(out, progress, stageOf({ a: 1, b: 2 }, 'abc', made));
  const again = await runStage(out, progress, stageOf({ b: 2, a: 1, c: undefined }, 'never', made));
  const other = await runStage(out, progress, stageOf({ a: 1, b: 3 }, 'de', made));
  assert.equal(made, ['abc', 'de']);
  assert.equal([first.value, again.value, other.value], ['abc', 'abc', 'de']);
  assert.equal([first.reused, again.reused, other.reused], [false, true, false]);
  assert.is(first.hash, await shortHash({ a: 1, b: 2 }));
  assert.is(first.path, `letters/${first.hash}`);
  assert.is(again.seconds, first.seconds, 'the time of the making');
  assert.equal(said, ['letters:', '3 letters', 'letters:', '3 letters, reused', 'letters:', '2 letters']);
  assert.equal((await out.sub('letters').list()).sort(), [first.hash, other.hash].sort());
});

test('what was stopped before its file is made again; a file without times counts', async () => {
  const out = memoryStorage();
  const made: string[] = [];
  const { progress } = recorded();
  const stage = stageOf({ a: 1 }, 'abc', made);
  const folder = out.sub('letters').sub(await shortHash({ a: 1 }));
  await folder.write('stage.json', '{"seconds":7}');
  assert.is((await runStage(out, progress, stage)).reused, false);
  await folder.write('stage.json', '{"seconds":7}');
  const changed = await rejection(runStage(out, progress, stage));
  assert.instance(changed, InputError);
  assert.match(changed.message, /stage\.json: is not as it was written \(checksum\); remove it$/);
  await folder.remove('checksums.json'); // as older versions left it
  assert.is((await runStage(out, progress, stage)).seconds, 7);
  await folder.remove('stage.json');
  assert.equal([(await runStage(out, progress, stage)).seconds, made.length], [0, 1]);
  await folder.write('stage.json', '{"sec');
  const error = await rejection(runStage(out, progress, stage));
  assert.instance(error, InputError);
  assert.match(error.message, /stage\.json: is not valid JSON; remove it$/);
});

test('a result that is not as it was written is made again, with a word; so is one whose checksums are not', async () => {
  const out = memoryStorage();
  const made: string[] = [];
  const { progress } = recorded();
  const stage = stageOf({ a: 1 }, 'abc', made);
  const { hash } = await runStage(out, progress, stage);
  const folder = out.sub('letters').sub(hash);
  remade.length = 0;
  for (const [file, damage] of [
    ['letters.txt', 'abd'],
    ['checksums.json', '{}'],
  ]) {
    await folder.write(file, damage);
    const { value, reused } = await runStage(out, progress, stage);
    assert.equal([value, reused], ['abc', false]);
    assert.match(remade.pop() ?? '', new RegExp(`${file}: is not as it was written .*; made again$`));
    assert.is((await runStage(out, progress, stage)).reused, true);
  }
  assert.equal([made.length, remade.length], [3, 0]);
});

test.run();

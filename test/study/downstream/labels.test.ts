import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { InputError } from '../../../src/core/errors.js';
import type { ImageRef } from '../../../src/images/types.js';
import { labelImages, parseLabels } from '../../../src/study/downstream/labels.js';

const test = suite('study/labels');
const refuses = (run: () => unknown, message: RegExp) =>
  assert.throws(
    run,
    (e: Error) => e instanceof InputError && message.test(e.message) && !e.message.includes('\n'),
  );
const image = (path: string): ImageRef => ({ kind: 'file', name: path.split('/').pop()!, path });

test('columns are found by name, in any order and case; others are ignored', () => {
  const want = [
    { file: 'a.jpg', class: 3 },
    { file: 'b, c.jpg', class: 999 },
  ];
  assert.equal(parseLabels('file,class\na.jpg,3\n"b, c.jpg",999\n', 'l', 1000), want);
  assert.equal(
    parseLabels('licence,Class,author, FILE \nx,3,"y, z",a.jpg\nx,0999,y,"b, c.jpg"\n', 'l', 1000),
    want,
  );
  assert.equal(parseLabels('filename,label\n.\\d\\a.jpg,3\n', 'l', 1000), [{ file: 'd/a.jpg', class: 3 }]);
  // A column of names beside one of indices.
  assert.equal(parseLabels('file,label,class\na.jpg,cat,3\n', 'l', 1000), [want[0]]);
  assert.equal(parseLabels('file,class\na.jpg,3\n./a.jpg,3\n', 'l', 1000), [want[0]], 'said twice');
});

test('wrong labels name the line', () => {
  const parse = (text: string) => () => parseLabels(text, 'l.csv', 1000);
  refuses(
    parse('name,class\na,1\n'),
    /l\.csv: no column is named file, filename, image, path \(the header is name,class\)/,
  );
  refuses(parse('file,kind\na,1\n'), /no column is named class/);
  refuses(parse('file,class\n'), /no rows/);
  refuses(parse('file,class\na,1\nb,1000\n'), /line 3: class 1000 of 'b': the network has 0 to 999/);
  for (const bad of ['-1', '1.5', 'cat', '', '1e2', '99999999999'])
    refuses(parse(`file,class\na,${bad}\n`), /line 2: .* is not the index of a class/);
  refuses(parse('file,class\n,1\n'), /line 2: names no file/);
  refuses(parse('file,class\na,1\nb,2\na,3\n'), /line 4: 'a' is class 3 here and 1 further up/);
});

test('images get the label of the longest tail of their path', () => {
  const labels = parseLabels('file,class\ncats/1.jpg,1\ndogs/1.jpg,2\n2.jpg,3\ngone.jpg,4\n', 'l.csv', 10);
  const images = ['photos/cats/1.jpg', 'photos/dogs/1.jpg', 'photos/dogs/2.jpg', 'photos/3.jpg'].map(image);
  const { labelled, unlabelled, missing } = labelImages(images, labels, 'l.csv');
  assert.equal(
    labelled.map((l) => [l.ref, l.class]),
    [
      [images[0], 1],
      [images[1], 2],
      [images[2], 3],
    ],
  );
  assert.equal(unlabelled, [{ name: '3.jpg', reason: '3.jpg: has no label in l.csv' }]);
  assert.equal(missing, ['gone.jpg']);
  refuses(
    () => labelImages(['a/2.jpg', 'b/2.jpg'].map(image), labels, 'l.csv'),
    /'2\.jpg' fits two images, a\/2\.jpg and b\/2\.jpg/,
  );
  refuses(() => labelImages([image('x.jpg')], labels, 'l.csv'), /none of the 1 images has a label/);
});

test.run();

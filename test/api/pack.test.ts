// pack: what it writes is what it was given, is checked file by file and part by part, and opens again.
import {
  appendFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { canonicalJson, sha256 } from '../../src/core/hash.js';
import * as web from '../../src/index.js';
import * as node from '../../src/node.js';
import { axesOfCorpus, CORPUS, corpus, packedCorpus } from '../support/atlas.js';
import { curvesaeHere, temporaryFolder } from '../support/cli.js';
import { filled } from '../support/filled.js';
import { rejection } from '../support/rejection.js';

const test = suite('api/pack');
const home = await packedCorpus();
const at = (name: string) => join(home, name);
const artefact = at('artefact');
const quiet = { warn: () => {} };
const given = { in: at('embeddings.npy'), meta: at('meta.jsonl') };
const { data, records } = corpus();

/** A copy to be damaged. */
async function copied(): Promise<string> {
  const { cpSync } = await import('node:fs');
  const folder = join(temporaryFolder('pack'), 'copy');
  cpSync(artefact, folder, { recursive: true });
  return folder;
}

test('everything that was given is in it, opens again, and names no folder of this machine', async () => {
  const opened = await node.openArtefact(artefact);
  assert.equal(await opened.problems(), []);
  const rows = await opened.rows();
  assert.equal(rows.shape, [CORPUS.documents, CORPUS.d]);
  assert.equal(await rows.rows(0, CORPUS.documents), data);
  assert.equal((await opened.records()).records, records);
  const { manifest } = opened;
  assert.is(manifest.name, 'A corpus');
  assert.equal(
    manifest.saes.map(({ name, dSae, k }) => ({ name, dSae, k })),
    [
      { name: 'small', dSae: 32, k: 3 },
      { name: 'large', dSae: 64, k: 3 },
    ],
  );
  const sae = await opened.sae(1);
  try {
    assert.equal(sae.tensors.W_enc.data, axesOfCorpus(64).tensors.W_enc.data);
    const [top] = sae.topFeatures(data.slice(0, CORPUS.d), 3);
    assert.is(top.length, 3);
  } finally {
    sae.dispose();
  }
  assert.ok((await opened.labels(0)).size > 20);
  const families = (await opened.families())!;
  assert.ok(families.families.length >= CORPUS.topics);
  const said = filled(readdirSync(artefact, { recursive: true, encoding: 'utf8' }))
    .map((name) => join(artefact, name))
    .filter((file) => statSync(file).isFile() && /\.(json|md|jsonl)$/.test(file))
    .filter((file) => readFileSync(file, 'utf8').includes(home.split('/').slice(0, 3).join('/')));
  assert.equal(said, []);
  assert.match(readFileSync(join(artefact, 'README.md'), 'utf8'), /numpy\.load[\s\S]*saes\/1/);
});

test('its SAEs are folders that SAELens reads, its embeddings one that every command opens', async () => {
  const cfg = JSON.parse(readFileSync(join(artefact, 'saes/0/cfg.json'), 'utf8'));
  assert.equal(
    [cfg.architecture, cfg.d_in, cfg.d_sae, cfg.k, cfg.dtype, cfg.metadata.sae_lens_version],
    ['topk', 32, 32, 3, 'float32', '6.18.0'],
  );
  const sae = await node.openSae(join(artefact, 'saes/0'));
  sae.dispose();
  const options = { query: 'doc-5', top: 3, ...quiet };
  assert.equal(
    await node.search({ in: join(artefact, 'embeddings'), ...options }),
    await node.search({ ...given, ...options }),
  );
  const overHttp = await web.openArtefact(node.nodeStorage(artefact));
  assert.is(overHttp.manifest.documents.count, CORPUS.documents);
});

test('half floats stay half floats; the same again is taken as it is; another one is refused', async () => {
  const out = join(temporaryFolder('pack'), 'halves');
  const halves = data.map((v) => Math.round(v * 256) / 256);
  const matrix = { shape: [CORPUS.documents, CORPUS.d] as [number, number], data: halves };
  const report = await node.pack({ in: matrix, out, ...quiet });
  assert.equal([report.dtype, report.saes, report.families, report.pictures], ['f16', [], false, null]);
  const opened = await node.openArtefact(out);
  assert.equal(await (await opened.rows()).rows(0, CORPUS.documents), halves);
  assert.equal((await opened.records()).records[3], { id: '3' });
  assert.is((await node.pack({ in: matrix, out, ...quiet })).reused, true);
  const other = await rejection(node.pack({ ...given, out, ...quiet }));
  assert.match(other.message, /holds another artefact/);
});

test('--check tells each file that is not as it was written, and exits with 3', async () => {
  const whole = await curvesaeHere(['pack', '--check', artefact]);
  assert.is(whole.code, 0, whole.stderr);
  assert.match(whole.stdout, /whole; \d+ files/);
  const folder = await copied();
  appendFileSync(join(folder, 'labels/0.json'), ' ');
  rmSync(join(folder, 'saes/1/sae_weights.safetensors'));
  const npy = join(folder, 'embeddings/embeddings.npy');
  const bytes = readFileSync(npy);
  bytes[bytes.length - 1] ^= 1;
  writeFileSync(npy, bytes);
  const cli = await curvesaeHere(['pack', '--check', folder, '--json']);
  assert.is(cli.code, 3);
  const { problems } = cli.json();
  assert.is(problems.length, 3, problems.join('\n'));
  for (const wanted of [
    /^labels\/0\.json: has \d+ bytes, \d+ were written$/,
    /^saes\/1\/sae_weights\.safetensors: is missing$/,
    /^embeddings\/embeddings\.npy: is not as it was written \(SHA-256\)$/,
  ])
    assert.ok(
      problems.some((line: string) => wanted.test(line)),
      String(wanted),
    );
});

test('parts that do not fit one another are told where every file is as its manifest says', async () => {
  const folder = await copied();
  const manifest = JSON.parse(readFileSync(join(folder, 'artefact.json'), 'utf8'));
  const change = async (path: string, text: string) => {
    writeFileSync(join(folder, path), text);
    manifest.files[path] = {
      bytes: Buffer.byteLength(text),
      sha256: await sha256(new TextEncoder().encode(text)),
    };
  };
  await change(
    'labels/0.json',
    JSON.stringify({ f99: { label: 'nothing', kind: 'given', f1: null, pearson: null, terms: [] } }),
  );
  const families = JSON.parse(readFileSync(join(folder, 'families/families.json'), 'utf8'));
  families.families[0].children.push('2:f0');
  await change('families/families.json', JSON.stringify(families));
  manifest.documents.d = 31;
  const { checksum: _, ...content } = manifest;
  writeFileSync(
    join(folder, 'artefact.json'),
    JSON.stringify({ ...content, checksum: await sha256(canonicalJson(content)) }),
  );
  const { problems } = await node.pack({ check: folder, ...quiet });
  for (const wanted of [
    /^embeddings: are 1500 x 32, the manifest says 1500 x 31$/,
    /^saes\/0: is of vectors of 32, these have 31$/,
    /^labels\/0\.json: names f99, and saes\/0 has 32 features$/,
    /^families\/families\.json: names 2:f0, which no SAE here has$/,
  ])
    assert.ok(
      problems.some((line) => wanted.test(line)),
      `${wanted} in ${problems.join('\n')}`,
    );
});

test('a manifest that is damaged, of another version, or leads out of the folder is one line', async () => {
  const folder = await copied();
  const file = join(folder, 'artefact.json');
  const { checksum: _, ...content } = JSON.parse(readFileSync(file, 'utf8'));
  const refused = async (changed: Record<string, unknown>, resealed: boolean) => {
    const checksum = resealed ? await sha256(canonicalJson(changed)) : 'none';
    writeFileSync(file, JSON.stringify({ ...changed, checksum }));
    return (await rejection(node.openArtefact(folder))).message;
  };
  assert.match(await refused(content, false), /not as it was written \(checksum\)/);
  assert.match(await refused({ ...content, version: 9 }, true), /version 9, this program reads 1/);
  assert.match(await refused({ ...content, format: 'other' }, true), /its format is other/);
  for (const path of ['../x', '/etc/x', 'a/../../x', 'a//b', '.hidden'])
    assert.match(await refused({ ...content, families: path }, true), /is not in the folder/, path);
  writeFileSync(file, '{"format":');
  const cut = await curvesaeHere(['pack', '--check', folder]);
  assert.is(cut.code, 3);
  assert.is(cut.stderr.trim().split('\n').length, 1);
  rmSync(file);
  assert.match((await rejection(node.openArtefact(folder))).message, /holds no artefact\.json/);
});

test('what does not fit is refused before anything is written', async () => {
  const out = join(temporaryFolder('pack'), 'none');
  const small = at('small');
  const labels = `${small}.labels.json`;
  const cases: [Parameters<typeof node.pack>[0], RegExp][] = [
    [{ out }, /needs --in E and --out DIR, or --check DIR/],
    [{ check: artefact, out }, /--check takes the folder and nothing else, not out/],
    [{ ...given, out, sae: small, labels: [labels, labels] }, /2 files of --labels for 1 SAEs/],
    [{ ...given, out, families: at('families') }, /--families are of SAEs/],
    [{ ...given, out, sae: small, families: at('families') }, /is of SAEs of 32, 64 features, these have 32/],
    [{ ...given, out, sae: small, labels: at('none.json') }, /no such file; give a file of label/],
    [{ in: { shape: [2, 8], data: new Float32Array(16).fill(1) }, out, sae: small }, /8/],
  ];
  for (const [options, wanted] of cases)
    assert.match((await rejection(node.pack({ ...options, ...quiet }))).message, wanted);
  assert.is(existsSync(out), false);
});

test('pictures come along as small JPEGs, and where they lay does not', async () => {
  const folder = temporaryFolder('pack');
  const embedded = join(folder, 'e');
  await node.embed({ model: 'embedded', images: 'procedural:6', out: embedded, ...quiet });
  const warned: string[] = [];
  const without = await node.pack({
    in: embedded,
    out: join(folder, 'without'),
    warn: (m) => warned.push(m),
  });
  assert.is(without.pictures, 0);
  assert.match(warned.join(), /6 of 6 pictures cannot be shown .*--images/);
  const out = join(folder, 'with');
  const report = await node.pack({ in: embedded, images: 'procedural:6', out, ...quiet });
  assert.is(report.pictures, 6);
  const jpeg = readFileSync(join(out, 'pictures/000005.jpg'));
  assert.equal([...jpeg.subarray(0, 3)], [0xff, 0xd8, 0xff]);
  rmSync(join(out, 'pictures/000002.jpg'));
  const { problems } = await node.pack({ check: out, ...quiet });
  assert.equal(problems, ['pictures/000002.jpg: is missing']);
});

test.run();

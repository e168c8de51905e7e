// Code that knows a platform sits at the edges: Node's in *.node.ts, a browser's in *.web.ts and pages,
// WebAssembly in the core alone.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseSource, readSources, type SourceFile } from '../support/house.js';

const test = suite('house/platform');

const isNode = ({ path }: SourceFile) =>
  path.endsWith('.node.ts') || path.startsWith('src/cli/') || path === 'src/node.ts';
const isPage = ({ path }: SourceFile) =>
  path.endsWith('.web.ts') || path.startsWith('src/explorer/page/') || /(^|[/.])opfs[/.]/.test(path);

const NODE_MODULES = /^(node:.*|sharp|tinyglobby)$/;
const NODE_GLOBALS = ['process', 'Buffer', 'require', '__dirname', '__filename'];
const PAGE_GLOBALS = [
  ...['fetch', 'Worker', 'SharedWorker', 'navigator', 'createImageBitmap', 'document', 'window', 'location'],
  ...['indexedDB', 'localStorage', 'OffscreenCanvas', 'Image', 'XMLHttpRequest'],
];

/** The few places in the middle that name a platform's global, each with its reason. */
const ALLOWED: Record<string, string> = {
  'src/core/hash.ts process': "Node's own digests take an eighth of the time of Web Crypto's",
  'src/core/wasm-source.ts fetch': 'a page fetches the .wasm; the ground floor has no edge below it',
  'src/core/wasm-source.ts location': 'a relative address is one of the page',
  'src/core/wasm-source.ts process': 'the .wasm beside the package is read from disk in Node',
  'src/core/team.ts process': 'a thread of Node that exits says so to those that wait for it',
  'src/formats/limits.ts process': "the environment's limit holds for every reader, in threads too",
  'src/formats/download.ts fetch': 'the same function in Node and in browsers',
  'src/formats/service.ts fetch': 'the same function in Node and in browsers',
  'src/tab/server.ts Worker': "the kept runs are served by a worker of the page; the room is a browser's",
  'models/from-url.ts location': 'a relative address is one of the page',
};

const sources = readSources('src', 'models');

function reads(files: readonly SourceFile[], names: readonly string[]): string[] {
  return files
    .flatMap((f) => names.filter((name) => f.globals.has(name)).map((name) => `${f.path} ${name}`))
    .filter((found) => !ALLOWED[found]);
}

test('modules of Node, sharp and the file system only in *.node.ts and the command line', () => {
  const named = (files: SourceFile[]) =>
    files.flatMap(({ path, imports }) =>
      imports.filter((i) => NODE_MODULES.test(i)).map((i) => `${path} ${i}`),
    );
  assert.ok(named(sources.filter(isNode)).length > 20);
  assert.equal(named(sources.filter((f) => !isNode(f))), []);
});

test('globals of Node only there as well', () => {
  assert.ok(reads(sources.filter(isNode), NODE_GLOBALS).length > 3);
  assert.equal(
    reads(
      sources.filter((f) => !isNode(f)),
      NODE_GLOBALS,
    ),
    [],
  );
});

test('globals of pages only in *.web.ts, storage in OPFS and pages', () => {
  assert.ok(reads(sources.filter(isPage), PAGE_GLOBALS).length > 3);
  assert.equal(
    reads(
      sources.filter((f) => !isPage(f) && !isNode(f)),
      PAGE_GLOBALS,
    ),
    [],
  );
});

test('only src/core runs WebAssembly', () => {
  const touching = sources.filter((f) => f.globals.has('WebAssembly')).map((f) => f.path);
  assert.ok(touching.length > 0);
  assert.equal(
    touching.filter((path) => !path.startsWith('src/core/')),
    [],
  );
});

test('what is allowed by name is still there', () => {
  for (const found of Object.keys(ALLOWED)) {
    const [path, name] = found.split(' ');
    assert.ok(sources.find((f) => f.path === path)?.globals.has(name), found);
  }
});

test('the parser tells globals from members, keys, types and own names', () => {
  const { globals } = parseSource(
    'src/core/y.ts',
    `const Worker = 1; use(Worker, x.navigator, { document: 1 }); function f(process: number) { process; }
     type M = WebAssembly.Module; declare const Buffer: never; Buffer;
     globalThis.fetch('a'); const { location: place } = options; place;
     new Image(); // window`,
  );
  assert.equal([...globals.keys()].sort(), ['Buffer', 'Image', 'fetch', 'globalThis', 'options', 'use', 'x']);
});

test.run();

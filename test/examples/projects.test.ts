// The examples that need no other package, on the packed tarball: Node, one bundler, and the pages
// in Chromium. All of them, everywhere: npm run test:examples.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { hasBrowser, missingBrowser, openBrowser } from '../support/browser.js';
import { temporaryFolder } from '../support/cli.js';
import { filled } from '../support/filled.js';
import { packed } from '../support/pack.js';
import { ROOT } from '../support/paths.js';
import { readPage, serveSite } from '../support/site.js';

const test = suite('examples/projects');
const EXAMPLES = resolve(ROOT, 'examples');
const folder = temporaryFolder('examples');

/** The examples beside one node_modules: the unpacked tarball, and its dependencies as installed here. */
async function install(): Promise<void> {
  const { path } = await packed();
  mkdirSync(join(folder, 'node_modules'));
  execFileSync('tar', ['-xzf', path, '-C', 'node_modules'], { cwd: folder });
  for (const name of ['node', 'esbuild', 'import-map', 'csp', 'file']) {
    cpSync(join(EXAMPLES, name), join(folder, name), { recursive: true });
    const modules = join(folder, name, 'node_modules');
    mkdirSync(modules);
    for (const dependency of readdirSync(join(ROOT, 'node_modules')))
      if (!dependency.startsWith('.'))
        symlinkSync(join(ROOT, 'node_modules', dependency), join(modules, dependency));
    cpSync(join(folder, 'node_modules/package'), join(modules, 'curvesae'), { recursive: true });
  }
}

await install();
const line = execFileSync(process.execPath, ['main.js'], {
  cwd: join(folder, 'node'),
  encoding: 'utf8',
}).trim();

test('Node prints its line', () => {
  assert.match(line, /^unit 5 prefers 154\.\d{6} degrees, tuning curve [0-9a-f]{16}$/);
  assert.ok(readFileSync(join(EXAMPLES, 'README.md'), 'utf8').includes(`    ${line}\n`), `README: ${line}`);
});

test('every project has the same program', () => {
  const program = readFileSync(join(EXAMPLES, 'node/orientation.js'), 'utf8');
  for (const path of filled(readdirSync(EXAMPLES, { recursive: true, encoding: 'utf8' })))
    if (/(^|[\\/])orientation\.js$/.test(path) && !path.includes('node_modules'))
      assert.is(readFileSync(join(EXAMPLES, path), 'utf8'), program, path);
});

const PAGES = 'pages print what Node prints: import map, strict CSP, opened from disk, bundled';
if (!hasBrowser('chromium')) {
  console.log(`skipped: '${PAGES}' ${missingBrowser('chromium')}`);
  test.skip(PAGES, () => {});
} else
  test(PAGES, async () => {
    const bundle = join(folder, 'esbuild');
    await build({
      ...{ absWorkingDir: bundle, entryPoints: ['main.js'], outfile: 'dist/main.js', logLevel: 'error' },
      ...{ bundle: true, format: 'esm' },
    });
    // As the development server of Vite 5 to 7 serves packages: bundled, the worker's address as it was.
    const deps = join(bundle, 'node_modules/.vite/deps');
    mkdirSync(deps, { recursive: true });
    cpSync(join(bundle, 'dist/main.js'), join(deps, 'main.js'));
    writeFileSync(
      join(bundle, 'vite.html'),
      readFileSync(join(bundle, 'index.html'), 'utf8').replace(
        'dist/main.js',
        'node_modules/.vite/deps/main.js',
      ),
    );
    const browser = await openBrowser('chromium');
    const site = await serveSite(folder);
    try {
      const warned: Record<string, number> = {
        'import-map/index.html': 0,
        'csp/index.html': 0,
        'esbuild/index.html': 1,
        'esbuild/vite.html': 0,
      };
      for (const [name, warnings] of Object.entries(warned)) {
        const { output, said } = await readPage(browser, `${site.origin}/${name}`);
        assert.is(output, line, name);
        const notes = said.filter((text) => !/Failed to load resource/.test(text));
        assert.is(notes.length, warnings, `${name}: ${notes}`);
        for (const note of notes) assert.match(note, /workers cannot start/);
      }
      const { output, said } = await readPage(browser, pathToFileURL(join(folder, 'file/index.html')).href);
      assert.is(output, line, 'file:');
      assert.ok(
        said.some((text) => /workers cannot start/.test(text)),
        String(said),
      );
    } finally {
      await browser.close();
      site.close();
    }
  });

test.run();

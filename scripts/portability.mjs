// npm run test:portability [-- --write] [--only node,deno,bun,chromium,firefox]: examples/identity with
// the packed tarball in every runtime, build, number of workers, with and without cross-origin
// isolation. Fails where a hash differs; --write renews docs/portability.md.
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from './build.mjs';
import { installProject, NODE_VERSIONS, npm, packTarball } from './examples.mjs';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from './fs.mjs';

const DOC = 'docs/portability.md';
const BUILDS = ['simd', 'scalar'];
const WORKERS = '1,2,3,8';
const RUNTIMES = { deno: '2.9.6', bun: '1.4.5' };

async function commands(project, only, add) {
  const one = async (command, build) => {
    const output = await npm(project, 'exec', '--yes', ...command, build, WORKERS);
    const { runtime, lines } = JSON.parse(output.slice(output.indexOf('{')));
    add({ runtime, build, pages: '', lines });
  };
  for (const build of BUILDS) {
    if (only.has('node'))
      for (const version of NODE_VERSIONS)
        await one(['--package', `node@${version}`, '--', 'node', 'node.js'], build);
    if (only.has('deno')) await one(['--', 'deno', 'run', '--allow-all', 'other.js'], build);
    if (only.has('bun')) await one(['--', 'bun', 'other.js'], build);
  }
}

async function pages(project, only, add) {
  const { hasBrowser, launchBrowser, missingBrowser } = await import('../dist/test/support/browser.js');
  const { ISOLATED, readPage, serveSite } = await import('../dist/test/support/site.js');
  for (const name of ['chromium', 'firefox'].filter((n) => only.has(n))) {
    if (!hasBrowser(name)) {
      console.log(`skipped: ${name} ${missingBrowser(name)}`);
      continue;
    }
    const browser = await launchBrowser(name);
    try {
      for (const build of BUILDS)
        for (const headers of [{}, ISOLATED]) {
          const site = await serveSite(project, headers);
          const { output } = await readPage(browser, `${site.origin}/?build=${build}&workers=${WORKERS}`);
          site.close();
          const { isolated, warnings, lines } = JSON.parse(output);
          if (isolated !== (headers === ISOLATED) || warnings.length)
            throw new Error(`${name}: isolated ${isolated}, warned ${warnings}`);
          const runtime = `${name === 'firefox' ? 'Firefox' : 'Chromium'} ${browser.version()}`;
          add({ runtime, build, pages: isolated ? 'isolated' : 'not isolated', lines });
        }
    } finally {
      await browser.close();
    }
  }
}

const family = (runtime) => runtime.split(' ')[0];

/** The page: what is between its two markers is written by this script. */
function document(expected, rows, buildId) {
  const stages = expected.map((line) => line.replace(/^(.*) ([0-9a-f]{16})$/, '| $1 | `$2` |'));
  const by = new Map();
  for (const { runtime, build, pages: kind } of rows) {
    const entry = by.get(runtime) ?? { builds: new Set(), kinds: new Set() };
    entry.builds.add(build);
    if (kind) entry.kinds.add(kind);
    by.set(runtime, entry);
  }
  const runtimes = [...by].map(
    ([runtime, { builds, kinds }]) =>
      `| ${runtime} | ${[...builds].join(', ')} | ${WORKERS.replaceAll(',', ', ')} | ${[...kinds].join(', ') || '-'} |`,
  );
  // Runtimes that were not run this time keep their rows as long as the hashes are those they had.
  const page = readFileSync(DOC, 'utf8');
  if (stages.every((row) => page.includes(row)))
    for (const [row, runtime] of page.matchAll(/^\| ([A-Z]\w+ [\d.]+) \| (?:simd|scalar).*$/gm))
      if (![...by.keys()].some((r) => family(r) === family(runtime))) runtimes.push(row);
  const written = [
    `Kernels ${buildId}, ${process.platform} ${process.arch}, ${new Date().toISOString().slice(0, 10)}.`,
    '',
    '| stage | hash, everywhere |',
    '| --- | --- |',
    ...stages,
    '',
    '| runtime | builds | workers | pages |',
    '| --- | --- | --- | --- |',
    ...runtimes.sort((a, b) => (a < b ? -1 : 1)),
  ].join('\n');
  const [before] = page.split('<!-- measured -->');
  return `${before}<!-- measured -->\n${written}\n`;
}

async function main(args) {
  const at = args.indexOf('--only');
  const only = new Set((at < 0 ? 'node,deno,bun,chromium,firefox' : args[at + 1]).split(','));
  await build();
  const { kernelBuildId } = await import('../dist/src/core/generated/build-id.js');
  const folder = mkdtempSync(join(tmpdir(), 'curvesae-portability-'));
  const rows = [];
  let wrong = 0;
  const add = (row) => {
    rows.push(row);
    const expected = rows[0].lines;
    const differs = row.lines.filter((line, i) => line !== expected[i]);
    if (differs.length || row.lines.length !== expected.length) wrong++;
    const where = [row.runtime, row.build, row.pages].filter(Boolean).join(', ');
    console.log(
      `${differs.length ? 'DIFFERS' : 'equal  '} ${where}${differs.map((d) => `\n        ${d}`).join('')}`,
    );
  };
  try {
    const source = join(folder, 'source');
    cpSync('examples/identity', join(source, 'identity'), { recursive: true });
    const manifest = { private: true, type: 'module', dependencies: { curvesae: '', ...RUNTIMES } };
    writeFileSync(join(source, 'identity', 'package.json'), JSON.stringify(manifest));
    const project = await installProject('identity', await packTarball(folder), folder, source);
    await commands(project, only, add);
    await pages(project, only, add);
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
  if (args.includes('--write') && !wrong) writeFileSync(DOC, document(rows[0].lines, rows, kernelBuildId));
  console.log(`${rows.length} runs, ${wrong} with other bits`);
  process.exitCode = wrong ? 1 : 0;
}

await main(process.argv.slice(2));

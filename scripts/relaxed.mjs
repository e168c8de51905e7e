// node scripts/relaxed.mjs [--rounds N] [--ms N] [--engine chromium|firefox|node|'COMMAND ...' ...]: what the relaxed build
// gives over the exact one, kernel by kernel, on each engine at hand; a command is given this script, as in
// --engine 'deno run -A'. At the end all engines side by side. The builds take turns in every round; a
// second copy of the exact build beside them says what the clock's noise is. After npm run build.
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    ms: { type: 'string', default: '30' },
    engine: { type: 'string', multiple: true, default: ['node', 'chromium', 'firefox'] },
    here: { type: 'boolean', default: false },
  },
});
const timing = { rounds: Number(values.rounds), milliseconds: Number(values.ms) };

/** In the engine itself; sees nothing around it. Milliseconds of each kernel, best: exact, exact again, relaxed. */
async function kernels({ init, supportedBuilds, KERNELS, kernelWork, measure }, timing) {
  if (!supportedBuilds().relaxed) return undefined;
  const builds = ['simd', 'simd', 'relaxed'];
  const variants = await Promise.all(builds.map(async (build) => ({ build, engine: await init({ build }) })));
  const rows = [];
  for (const name of Object.keys(KERNELS)) {
    const work = kernelWork(name, { variants, version: '' });
    const times = await measure(work, timing, { say: () => {} });
    if (times.length === builds.length) rows.push([name, ...times.map(({ bestMs }) => bestMs)]);
  }
  return rows;
}

const MODULES = ['src/index.js', 'src/bench/kernels.js', 'src/bench/measure.js'];

/** In this process: Node, or a runtime that this script is given to. */
async function here() {
  const parts = await Promise.all(MODULES.map((m) => import(`../dist/${m}`)));
  return kernels(Object.assign({}, ...parts), timing);
}

async function inBrowser(name) {
  const { hasBrowser } = await import('../dist/test/support/browser.js');
  if (!hasBrowser(name)) return 'is not installed';
  const { runIn, Tabs } = await import('../dist/test/support/tab.js');
  const { ISOLATED } = await import('../dist/test/support/site.js');
  const tabs = Tabs.shared(name);
  tabs.headers = ISOLATED; // for a clock that is fine enough
  await tabs.serve();
  try {
    const page = await tabs.open();
    page.setDefaultTimeout(0);
    return await runIn(page, { worker: false }, MODULES, kernels, timing);
  } finally {
    await tabs.end();
  }
}

function elsewhere(engine) {
  const [command, ...args] = engine.split(' ');
  const flags = ['--here', '--rounds', values.rounds, '--ms', values.ms];
  const { stdout, stderr, status } = spawnSync(command, [...args, ...process.argv.slice(1, 2), ...flags], {
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  if (status !== 0) return `did not run: ${String(stderr).trim().split('\n').at(-1)}`;
  return JSON.parse(stdout).rows;
}

function show(engine, rows) {
  if (typeof rows === 'string') return console.log(`${engine}: ${rows}`);
  if (!rows) return console.log(`${engine}: cannot run the relaxed build`);
  console.log(`\n${engine}, relaxed (its bits may differ) against exact, best of ${timing.rounds} rounds`);
  console.log(
    '| kernel | exact, us | exact again | relaxed, us | exact / relaxed |\n| --- | --- | --- | --- | --- |',
  );
  const us = (ms) => (1000 * ms).toPrecision(3);
  ratios.push({ engine, of: new Map(rows.map((row) => [row[0], ratio(row)])) });
  for (const [name, exact, again, relaxed] of rows)
    console.log(
      `| ${name} | ${us(exact)} | ${(exact / again).toFixed(2)} | ${us(relaxed)} | ${ratio([name, exact, again, relaxed])} |`,
    );
}

const ratio = ([, exact, again, relaxed]) => (Math.min(exact, again) / relaxed).toFixed(2);

/** Of each engine, for the table of all. */
const ratios = [];

function showAll() {
  console.log(`\n| exact / relaxed | ${ratios.map((r) => r.engine).join(' | ')} |`);
  console.log(`|${' --- |'.repeat(ratios.length + 1)}`);
  for (const name of ratios[0].of.keys())
    console.log(`| ${name} | ${ratios.map(({ of }) => of.get(name) ?? '').join(' | ')} |`);
}

if (values.here) console.log(JSON.stringify({ rows: await here() }));
else
  for (const engine of values.engine) {
    if (engine === 'node') show(`Node ${process.versions.node}`, await here());
    else if (engine === 'chromium' || engine === 'firefox') show(engine, await inBrowser(engine));
    else show(engine, elsewhere(engine));
  }
if (ratios.length > 1) showAll();

// npm test [-- FILTER...] [--record]: builds, lints, runs every test/**/*.test.ts (compiled) in a
// process of its own, a few at a time, and ends with the line `N passed, N failed`. Short ones of
// rooms without processes, pages and machines of their own share one: most of their time is its start.
// --record keeps the durations of this run in test/durations.json, by which other checkouts order theirs.
import { spawn } from 'node:child_process';
import { availableParallelism, freemem } from 'node:os';
import { build } from './build.mjs';
import {
  chmodSync,
  existsSync,
  globSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from './fs.mjs';
import { WHOLE } from './long-tests.mjs';

/** Seconds of each file: as last seen here, and as recorded in the repository. */
const SEEN = 'dist/.test-durations.json';
const RECORDED = 'test/durations.json';

const options = process.argv.slice(2);
const record = options.includes('--record');
const filters = options.filter((o) => o !== '--record');

function run(command, args, env) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0', ...env },
    });
    let output = '';
    child.stdout.on('data', (d) => (output += d));
    child.stderr.on('data', (d) => (output += d));
    child.on('close', (code, signal) => resolve({ code, signal, output }));
  });
}

function durationsIn(file) {
  if (!existsSync(file)) return {};
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return {}; // only the order suffers
  }
}

/** The longest first, so that both workers end together; before them what was never seen. */
function longestFirst(files) {
  const known = { ...durationsIn(RECORDED), ...durationsIn(SEEN) };
  const of = (file) => known[file] ?? Number.POSITIVE_INFINITY;
  return files.toSorted((a, b) => (of(a) === of(b) ? 0 : of(b) - of(a)));
}

function keep(path, durations) {
  const lines = Object.entries(durations)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([file, seconds]) => `  ${JSON.stringify(file)}: ${seconds}`);
  writeFileSync(path, `{\n${lines.join(',\n')}\n}\n`);
}

/** Bytes that must be free for temporary folders in memory: the tests together keep less than a quarter. */
const ROOM = 4e9;

/** A folder for temporary folders: in memory, where tests that flush wait for no disk. */
function temporary() {
  const memory = '/dev/shm';
  if (process.env.TMPDIR || !existsSync(memory)) return {};
  const { bavail, bsize } = statfsSync(memory);
  if (Math.min(bavail * bsize, freemem()) < ROOM) return {};
  const dir = mkdtempSync(`${memory}/curvesae-tests-`);
  chmodSync(dir, 0o755); // some tests become another user
  process.on('exit', () => rmSync(dir, { recursive: true, force: true }));
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(130));
  return { TMPDIR: dir };
}

/** One browser of each kind for all files: started when the first of them asks; every test has a context of its own. */
function browsers() {
  const servers = {};
  return {
    async for(file) {
      const text = readFileSync(file, 'utf8');
      if (!/browserTests?\(|openBrowser\(|Tabs\.shared\(/.test(text)) return {};
      const { hasBrowser, serveBrowser } = await import('../dist/test/support/browser.js');
      const asked = {
        chromium: true,
        firefox: /both: true|\['chromium', 'firefox'\] as const\) \{/.test(text),
      };
      for (const name of Object.keys(asked))
        if (asked[name] && hasBrowser(name)) servers[name] ??= serveBrowser(name);
      const addresses = await Promise.all(
        Object.entries(servers).map(async ([name, server]) => [name, (await server).wsEndpoint()]),
      );
      return { CURVESAE_TEST_BROWSERS: JSON.stringify(Object.fromEntries(addresses)) };
    },
    close: () => Promise.all(Object.values(servers).map(async (server) => (await server).close())),
  };
}

/**
 * What commands and calls in a test's own process compute with: one thread, as files run beside each other on
 * every core. Tests about threads say how many; a command in a process of its own has every core (test/support/cli.ts).
 */
const threads = process.env.CURVESAE_LONG_TESTS === '1' ? {} : { CURVESAE_WORKERS: '1' };

/**
 * glibc's allocator, which gives each large array back to the system and gets it anew, page by page: a tenth of
 * all processor time. Here it keeps what it has, in pages of 2 MB.
 */
const allocator =
  process.platform === 'linux'
    ? {
        GLIBC_TUNABLES:
          'glibc.malloc.hugetlb=1:glibc.malloc.mmap_threshold=268435456:glibc.malloc.trim_threshold=1073741824',
      }
    : {};

await build();
const inMemory = temporary();
const total = { passed: 0, failed: 0, skipped: 0 };
const failures = [];

async function lint() {
  if (filters.length) return;
  const { code, output } = await run(process.execPath, ['node_modules/@biomejs/biome/bin/biome', 'check']);
  if (code === 0) total.passed++;
  else {
    total.failed++;
    failures.push(`lint (npm run format mends most of it)\n${output}`);
  }
}

const all = globSync('test', '.test.ts').map((f) => f.replaceAll('\\', '/'));
const long = WHOLE.map((f) => `test/${f}.test.ts`);
const files = all.filter((f) => (filters.length ? filters.some((x) => f.includes(x)) : !long.includes(f)));
/** Files of these rooms share a process where they are short: a process takes longer to start than most of them to run. */
const SHARING = /^test\/(?!bench|explorer|tab|examples|portability|package)/;
/** Seconds, as recorded, up to which a file is short; and those of a process. */
const SHORT = 9;
const AT_ONCE = 30;
const recorded = durationsIn(RECORDED);
/** What was never timed runs alone, and so does what is about its own process. */
const shares = (file) =>
  SHARING.test(file) &&
  recorded[file] <= SHORT &&
  !/\bprocess\.(env|exit|chdir|on|kill)\b|browserTests?\(|\/(browser|kill)\.js'/.test(
    readFileSync(file, 'utf8'),
  );
const together = longestFirst(files.filter(shares));
/** Jobs: a file, or several that share a process. */
const queue = longestFirst(files.filter((f) => !together.includes(f))).map((file) => [file]);
let seconds = AT_ONCE;
for (const file of together) {
  if (seconds >= AT_ONCE) queue.push([]);
  seconds = seconds >= AT_ONCE ? 0 : seconds;
  queue.at(-1).push(file);
  seconds += recorded[file];
}
const durations = {};
const shared = browsers();
async function worker() {
  for (let job = queue.shift(); job; job = queue.shift()) {
    const [file] = job;
    const name = job.length > 1 ? `${job.length} files from ${file} on` : file;
    const env = { ...inMemory, ...threads, ...allocator, ...(await shared.for(file)) };
    const started = performance.now();
    const scripts = job.map((f) => `dist/${f.replace(/\.ts$/, '.js')}`);
    const { code, signal, output } = await run(
      process.execPath,
      job.length > 1 ? ['scripts/test-together.mjs', ...scripts] : scripts,
      env,
    );
    const seconds = Number(((performance.now() - started) / 1000).toFixed(1));
    if (job.length === 1) durations[file] = seconds;
    // The summary that uvu prints for each file.
    const count = (label) => Number(new RegExp(`${label}:\\s+(\\d+)`).exec(output)?.[1] ?? 0);
    const passed = count('Passed');
    // A file whose tests are all skipped here has said so; one without any test has failed.
    const ran = code === 0 && count('Total') + count('Skipped') > 0;
    const failed = Math.max(count('Total') - passed, ran ? 0 : 1);
    total.passed += passed;
    total.failed += failed;
    total.skipped += count('Skipped');
    const notes = output.split('\n').filter((l) => l.startsWith('skipped: '));
    process.stdout.write(
      `${failed ? 'FAIL' : 'ok  '} ${name}  ${passed} passed${failed ? `, ${failed} failed` : ''}  ${seconds} s\n`,
    );
    for (const note of new Set(notes)) process.stdout.write(`     ${note}\n`);
    if (failed) failures.push(`${name}${signal ? ` (ended by ${signal})` : ''}\n${output}`);
  }
}
// Two more than two cores: files compute on one thread each and wait for browsers, processes and disks.
await Promise.all([lint(), ...Array.from({ length: Math.min(2, availableParallelism()) + 2 }, worker)]);
await shared.close();

const here = Object.entries({ ...durationsIn(SEEN), ...durations }).filter(([file]) => all.includes(file));
keep(SEEN, Object.fromEntries(here));
if (record && !filters.length)
  keep(
    RECORDED,
    Object.fromEntries([
      ...together.map((f) => [f, recorded[f]]),
      ...Object.entries(durations).map(([f, s]) => [f, Math.max(1, Math.round(s))]),
    ]),
  );

for (const failure of failures) process.stdout.write(`\n--- ${failure}\n`);
process.stdout.write(
  `\n${total.passed} passed, ${total.failed} failed${total.skipped ? `, ${total.skipped} skipped` : ''}\n`,
);
process.exitCode = total.failed || total.passed === 0 ? 1 : 0;

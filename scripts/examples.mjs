// npm run test:examples [-- NAME...]: packs the package, installs the tarball into a copy of each
// project of examples/, builds and runs it, and holds what it prints against Node's line.
import { execFile, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from './build.mjs';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from './fs.mjs';

const run = promisify(execFile);
const LINE = /unit 5 prefers [\d.]+ degrees, tuning curve [0-9a-f]{16}/g;

/** Node versions beside the one that runs this; each is an npm package. */
export const NODE_VERSIONS = ['20', '22', '24', '26'];

/**
 * How each project is run. `mayFallBack`: its workers cannot start there, and that is said once;
 * anywhere else a warning is a failure. `servers`: commands that serve it, besides or instead of its
 * built files. Vite 5 to 7 bundle packages for development in another way than Vite 8.
 */
const PROJECTS = {
  node: { kind: 'command' },
  deno: { kind: 'command' },
  bun: { kind: 'command' },
  'import-map': { kind: 'page' },
  csp: { kind: 'page' },
  file: { kind: 'file', mayFallBack: true },
  esbuild: { kind: 'page', mayFallBack: true },
  rolldown: { kind: 'page', mayFallBack: true },
  vite: {
    kind: 'page',
    folder: 'dist',
    servers: [
      ['vite', 'dev'],
      ['vite', 'preview'],
      ['vite@7', 'dev'],
      ['vite@6', 'dev'],
      ['vite@5', 'dev'],
    ],
  },
  webpack: { kind: 'page' },
  worker: { kind: 'page', folder: 'dist' },
  next: {
    kind: 'server',
    servers: [
      ['next', 'start'],
      ['next', 'dev'],
    ],
  },
};

export async function npm(cwd, ...args) {
  try {
    const { stdout } = await run('npm', [...args], {
      cwd,
      timeout: 300_000,
      killSignal: 'SIGKILL',
      maxBuffer: 64 << 20,
      shell: process.platform === 'win32',
      env: { ...process.env, NEXT_TELEMETRY_DISABLED: '1', NO_UPDATE_NOTIFIER: '1' },
    });
    return stdout;
  } catch (error) {
    throw new Error(`npm ${args.join(' ')}: ${(error.stderr || error.stdout || error.message).slice(-2000)}`);
  }
}

/** The tarball that users would get. */
export async function packTarball(folder) {
  await npm('.', 'pack', '--ignore-scripts', '--pack-destination', folder);
  return join(
    folder,
    readdirSync(folder).find((f) => f.endsWith('.tgz')),
  );
}

/** A copy of the project outside the checkout, with the tarball installed. */
export async function installProject(name, tarball, folder, source = 'examples') {
  const project = join(folder, name);
  cpSync(join(source, name), project, { recursive: true });
  const file = join(project, 'package.json');
  const manifest = JSON.parse(readFileSync(file, 'utf8'));
  manifest.dependencies.curvesae = `file:${tarball}`;
  writeFileSync(file, JSON.stringify(manifest, null, 2));
  await npm(project, 'install', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error');
  if (manifest.scripts?.build) await npm(project, 'run', 'build');
  return project;
}

function judge(where, output, said, { mayFallBack }, expected) {
  const lines = output.match(LINE) ?? [];
  const [line] = lines;
  if (!line || lines.some((other) => other !== line))
    throw new Error(`${where}: printed '${output.trim().slice(0, 300)}'`);
  if (expected && line !== expected) throw new Error(`${where}: '${line}', Node's line is '${expected}'`);
  const notes = said.filter((text) => /curvesae|rror/.test(text));
  if (mayFallBack ? notes.length > 1 || !notes.every((n) => /workers cannot start/.test(n)) : notes.length)
    throw new Error(`${where}: said ${notes.join(' | ')}`);
  console.log(`ok    ${where.padEnd(24)} ${line}${notes.length ? '  (one thread, said once)' : ''}`);
  return line;
}

async function inBrowsers(name, url, browsers, settings, expected) {
  const { readPage } = await import('../dist/test/support/site.js');
  for (const [browserName, browser] of browsers) {
    const { output, said } = await readPage(browser, url);
    judge(`${name} ${browserName}`, output, said, settings, expected);
  }
}

/** Runs a command of the project's packages that serves at a port, until `visit` is done. */
async function whileServing(project, [bin, ...args], visit) {
  const port = await freePort();
  const address = ['--port', String(port), bin === 'next' ? '--hostname' : '--host', '127.0.0.1'];
  // A group of its own: npm and some of the servers start further processes, and all of them must end.
  const child = spawn('npm', ['exec', '--', bin, ...args, ...address], {
    cwd: project,
    detached: process.platform !== 'win32',
    shell: process.platform === 'win32',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += text));
  const closed = new Promise((done) => child.on('close', done));
  const url = `http://127.0.0.1:${port}/`;
  try {
    for (const end = Date.now() + 60_000; ; await new Promise((done) => setTimeout(done, 200))) {
      if (await fetch(url).catch(() => undefined)) break;
      if (child.exitCode !== null || Date.now() > end)
        throw new Error(`${bin} ${args.join(' ')}: does not serve: ${output.slice(-1000)}`);
    }
    await visit(url);
  } finally {
    if (process.platform === 'win32') await run('taskkill', ['/pid', String(child.pid), '/t', '/f']);
    else if (child.exitCode === null) process.kill(-child.pid, 'SIGTERM');
    await closed;
  }
}

const freePort = () =>
  new Promise((done, fail) => {
    const server = createServer().on('error', fail);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });

async function runProject(name, project, browsers, expected) {
  const settings = PROJECTS[name];
  if (settings.kind === 'command') {
    const line = judge(name, await npm(project, '--silent', 'start'), [], settings, expected);
    if (name === 'node')
      for (const version of NODE_VERSIONS) {
        const command = ['exec', '--yes', '--package', `node@${version}`, '--', 'node', 'main.js'];
        const output = await npm(project, ...command);
        judge(`node ${version}`, output, [], settings, line);
      }
    return line;
  }
  if (settings.kind === 'file') {
    await inBrowsers(name, `file://${join(project, 'index.html')}`, browsers, settings, expected);
  } else if (settings.kind === 'page') {
    const { serveSite } = await import('../dist/test/support/site.js');
    const server = await serveSite(join(project, settings.folder ?? '.'));
    try {
      await inBrowsers(name, `${server.origin}/`, browsers, settings, expected);
    } finally {
      server.close();
    }
  }
  for (const [tool, ...args] of settings.servers ?? []) {
    const [bin] = tool.split('@');
    if (bin !== tool) await npm(project, 'install', '--no-save', '--no-audit', '--no-fund', tool);
    await whileServing(project, [bin, ...args], (url) =>
      inBrowsers([tool, ...args].join(' '), url, browsers, settings, expected),
    );
  }
  return expected;
}

async function main(names) {
  for (const name of names)
    if (!PROJECTS[name]) throw new Error(`no example '${name}': ${Object.keys(PROJECTS).join(', ')}`);
  await build();
  const { hasBrowser, launchBrowser, missingBrowser } = await import('../dist/test/support/browser.js');
  const folder = mkdtempSync(join(tmpdir(), 'curvesae-examples-'));
  const browsers = [];
  const failures = [];
  try {
    const tarball = await packTarball(folder);
    if (names.some((name) => PROJECTS[name].kind !== 'command'))
      for (const name of ['chromium', 'firefox']) {
        if (hasBrowser(name)) browsers.push([name, await launchBrowser(name)]);
        else console.log(`skipped: pages in ${name}: ${missingBrowser(name)}`);
      }
    let expected;
    for (const name of ['node', ...names.filter((n) => n !== 'node')]) {
      try {
        const project = await installProject(name, tarball, folder);
        expected = await runProject(name, project, browsers, expected);
      } catch (error) {
        failures.push(name);
        console.log(`FAIL  ${name.padEnd(24)} ${error.message}`);
      }
    }
  } finally {
    for (const [, browser] of browsers) await browser.close();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
  if (failures.length) console.log(`${failures.length} failed: ${failures.join(', ')}`);
  process.exitCode = failures.length ? 1 : 0;
}

if (import.meta.filename === process.argv[1]) {
  const names = process.argv.slice(2);
  await main(names.length ? names : Object.keys(PROJECTS));
}

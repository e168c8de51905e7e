// npm run test:foreign [-- --write] [--only arm64,s390x]: the packed package on processors that this machine has not, played by
// Debian's qemu-user with Node's own binaries for them. ARM64: the hashes of docs/portability.md. s390x, which is
// big-endian: refused in one line. --write keeps the log in docs/portability.md.
import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from './build.mjs';
import { npm, packTarball } from './examples.mjs';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from './fs.mjs';

const run = promisify(execFile);
const DOC = 'docs/portability.md';
/** `libraries`: of Debian's packages libc6-arm64-cross, libstdc++6-arm64-cross, libatomic1-arm64-cross. */
const MACHINES = {
  arm64: { qemu: 'qemu-aarch64', libraries: '/usr/aarch64-linux-gnu', node: '22.23.3', refused: undefined },
  s390x: {
    qemu: 'qemu-s390x',
    libraries: '/usr/s390x-linux-gnu',
    node: '20.11.0',
    refused: /Error: this machine is big-endian/,
  },
};
/** Build, and number of workers: minutes each. */
const JOBS = [
  ['simd', '2'],
  ['scalar', '1'],
];
const LONGEST_MS = 3_600_000;

const expected = [...readFileSync(DOC, 'utf8').matchAll(/^\| (.+) \| `([0-9a-f]{16})` \|$/gm)].map(
  ([, stage, hash]) => `${stage} ${hash}`,
);

async function installed(name, tarball, folder) {
  const project = join(folder, name);
  cpSync('examples/identity', project, { recursive: true });
  writeFileSync(join(project, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  // Binaries of the other processor: npm would leave them out here.
  const flags = [
    '--os=linux',
    `--cpu=${name}`,
    '--libc=glibc',
    '--force',
    '--ignore-scripts',
    '--loglevel=error',
  ];
  await npm(project, 'install', ...flags, tarball, `node-linux-${name}@${MACHINES[name].node}`);
  return project;
}

async function measure(name, project) {
  const { qemu, libraries, refused } = MACHINES[name];
  const node = join(project, 'node_modules', `node-linux-${name}`, 'bin/node');
  const log = [];
  for (const [kind, workers] of refused ? JOBS.slice(0, 1) : JOBS) {
    const began = performance.now();
    const args = ['-L', libraries, node, 'node.js', kind, workers];
    const { stdout, stderr, code } = await run(qemu, args, {
      ...{ cwd: project, timeout: LONGEST_MS, maxBuffer: 64 << 20 },
    }).then(
      (ended) => ({ ...ended, code: 0 }),
      (error) => error,
    );
    const seconds = Math.round((performance.now() - began) / 1000);
    if (refused) {
      const line = stderr.split('\n').find((text) => refused.test(text));
      if (code === 0 || !line) throw new Error(`${name}: was not refused: ${(stderr || stdout).slice(-500)}`);
      log.push(`Node ${MACHINES[name].node} ${name}: refused: ${line.trim()}`);
      continue;
    }
    if (code !== 0) throw new Error(`${name}, ${kind}: ${stderr.slice(-2000)}`);
    const { runtime, lines } = JSON.parse(stdout);
    const other = lines.filter((line, i) => line !== expected[i]);
    if (other.length || lines.length !== expected.length)
      throw new Error(`${name}, ${kind}: other bits: ${other.join('; ')}`);
    log.push(`${runtime} ${name}, ${kind}, ${workers} workers: ${lines.length} hashes equal, ${seconds} s`);
  }
  return log;
}

async function main(args) {
  const at = args.indexOf('--only');
  const only = at < 0 ? Object.keys(MACHINES) : args[at + 1].split(',');
  for (const name of only) {
    const { qemu, libraries } = MACHINES[name];
    if (!existsSync(`/usr/bin/${qemu}`) || !existsSync(libraries))
      throw new Error(
        `${name}: needs Debian's packages qemu-user and libc6-${name}-cross libstdc++6-${name}-cross libatomic1-${name}-cross`,
      );
  }
  await build();
  const folder = mkdtempSync(join(tmpdir(), 'curvesae-foreign-'));
  const log = [];
  try {
    const tarball = await packTarball(folder);
    for (const name of only)
      for (const line of await measure(name, await installed(name, tarball, folder))) {
        console.log(line);
        log.push(line);
      }
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
  if (!args.includes('--write')) return;
  const { stdout } = await run(MACHINES.arm64.qemu, ['--version']);
  const version = /version ([\d.]+)/.exec(stdout)[1];
  const text = `qemu-user ${version} on ${process.arch}, ${new Date().toISOString().slice(0, 10)}\n${log.join('\n')}`;
  const page = readFileSync(DOC, 'utf8');
  writeFileSync(
    DOC,
    page.replace(/(<!-- foreign -->\n```\n)[^`]*(\n```)/, (_, a, b) => `${a}${text}${b}`),
  );
}

await main(process.argv.slice(2));

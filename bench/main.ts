// npm run bench [-- --only stem,back,net,gpt2,sae,search,gemm,workers,cores,kernels,sizes,memory,startup] [--json FILE] [--html FILE]
//   [--named TEXT] [--rounds N] [--ms N] [--clock wall|processor]
// The suite of src/bench with the naive kernels as a further build, and the peers that
// are installed beside ours in stem, back, net, gpt2, sae and search. Implementations take turns in every round.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { machine, nodeEnvironment } from '../src/bench/environment.node.js';
import { writeBench } from '../src/bench/report.js';
import { chosen, runSuite, WORKS } from '../src/bench/suite.js';
import { resultText } from '../src/bench/table.js';
import type { WorkFactory } from '../src/bench/types.js';
import { CurvesaeError } from '../src/core/errors.js';
import { init } from '../src/index.js';
import { ROOT } from '../test/support/paths.js';
import { back } from './backward.js';
import { net, stem } from './forward.js';
import { gpt2 } from './gpt2.js';
import { PythonPeer } from './peers/python.js';
import { sae } from './sae.js';
import { search } from './search.js';

const say = (text: string): void => void process.stderr.write(`${text}\n`);

function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000 + PythonPeer.processorMs();
}

/** The works whose name holds `text`. */
function namedLike(factory: WorkFactory, text: string): WorkFactory {
  return async function* (environment) {
    for await (const work of await factory(environment)) if (work.work.includes(text)) yield work;
  };
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      only: { type: 'string' },
      named: { type: 'string', default: '' },
      json: { type: 'string' },
      html: { type: 'string', default: 'out/bench.html' },
      rounds: { type: 'string', default: '5' },
      ms: { type: 'string', default: '400' },
      clock: { type: 'string', default: 'wall' },
    },
  });
  const all: Record<string, WorkFactory> = { ...WORKS, stem, back, net, gpt2, sae, search };
  const works = Object.fromEntries(
    Object.entries(all).map(([name, factory]) => [name, namedLike(factory, values.named)]),
  );
  const names = chosen(values.only, Object.keys(works));
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const naive = await init({ wasm: readFileSync(join(ROOT, 'dist/bench/naive.wasm')), build: 'scalar' });
  const environment = await nodeEnvironment({
    ...{ version, say },
    timing: { rounds: Number(values.rounds), milliseconds: Number(values.ms) },
    further: [{ build: 'naive', engine: naive }],
  });
  // On a machine that others use, too: what ours and its peers in Python took of the processors, all threads together.
  if (values.clock === 'processor') environment.clock = { now: processorMs, step: () => 0.05 };
  const here = machine();
  say(`${here.cpu}, ${here.cores} threads, ${here.runtime}`);
  const result = await runSuite(names, environment, here, { works });
  process.stdout.write(`${resultText(result)}\n`);
  if (values.json) writeFileSync(values.json, `${JSON.stringify(result, undefined, 2)}\n`);
  mkdirSync(dirname(values.html), { recursive: true });
  const command = ['npm run bench --', ...process.argv.slice(2)].join(' ');
  writeFileSync(values.html, await writeBench(result, command.replace(/ --$/, '')));
  say(`${values.html}: open it in a browser`);
}

try {
  await main();
} catch (error) {
  say(error instanceof CurvesaeError ? `error: ${error.message}` : String((error as Error).stack));
  process.exit(error instanceof CurvesaeError ? error.exitCode : 1);
}
process.exit(0); // ONNX Runtime keeps handles open

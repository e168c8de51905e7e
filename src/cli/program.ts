// curvesae: dispatch, signals and exit codes. 0 done, 1 internal failure, 2 wrong
// usage, 3 bad input, 4 partial result, 130 interrupted.
import { inspect } from 'node:util';
import { VERSION } from '../api/version.js';
import { workersByDefault } from '../api/workers.node.js';
import { keptAlive } from '../core/alive.js';
import type { Engine } from '../core/engine.js';
import { CurvesaeError, InterruptedError, unknownName } from '../core/errors.js';
import { systemReason } from '../formats/storage.node.js';
import type { Command, Context } from './command.js';
import { COMMON, type CommonValues, describe, parse } from './flags.js';
import { Progress, type ProgressSink } from './progress.js';
import { Output, type OutputStream } from './streams.js';

/** Loaded when asked for: `doctor` must work where sharp does not. */
const COMMANDS: Record<string, { summary: string; load: () => Promise<{ default: Command }> }> = {
  run: {
    summary: 'the main job: network, activations, SAE, curves, report',
    load: () => import('./commands/run.js'),
  },
  model: {
    summary: 'list | info MODEL | pull NAME | convert IN OUT | train --out DIR',
    load: () => import('./commands/model.js'),
  },
  predict: { summary: 'top-5 classes of images', load: () => import('./commands/predict.js') },
  forward: { summary: 'tensors of any tap for images', load: () => import('./commands/forward.js') },
  activations: {
    summary: 'sample activations into a resumable store',
    load: () => import('./commands/activations.js'),
  },
  hide: {
    summary: 'a store whose neurons are hidden, with the truth kept',
    load: () => import('./commands/hide.js'),
  },
  train: { summary: 'train a sparse autoencoder', load: () => import('./commands/train.js') },
  sweep: {
    summary: 'a grid of SAEs from one activation stream, and its Pareto picture',
    load: () => import('./commands/sweep.js'),
  },
  synth: {
    summary: 'vectors with known features, to test what an SAE finds',
    load: () => import('./commands/synth.js'),
  },
  eval: { summary: 'metrics of a sparse autoencoder', load: () => import('./commands/eval.js') },
  encode: { summary: 'features of any vectors', load: () => import('./commands/encode.js') },
  decode: { summary: 'vectors from features', load: () => import('./commands/decode.js') },
  sae: {
    summary: 'info SAE | convert SAE OUT: SAELens, dictionary_learning, sparsify',
    load: () => import('./commands/sae.js'),
  },
  curves: { summary: 'tuning curves, curve detectors, gaps', load: () => import('./commands/curves.js') },
  visualize: {
    summary: 'pictures of what units, features and directions look for',
    load: () => import('./commands/visualize.js'),
  },
  disentangle: {
    summary: 'do features mediate what is known? against neurons, chance and DAS',
    load: () => import('./commands/disentangle.js'),
  },
  embed: {
    summary: 'embeddings of pictures, or of texts through any OpenAI-compatible service',
    load: () => import('./commands/embed.js'),
  },
  decompose: {
    summary: 'what neurons are made of, feature by feature',
    load: () => import('./commands/decompose.js'),
  },
  physiology: {
    summary: 'sheets of units: what they answer to curves, gratings, colours, textures',
    load: () => import('./commands/physiology.js'),
  },
  taxonomy: {
    summary: 'every unit and feature in its family by what it answers, and a map',
    load: () => import('./commands/taxonomy.js'),
  },
  circuit: {
    summary: 'what drives a unit or feature, what it does, and how curves are wired',
    load: () => import('./commands/circuit.js'),
  },
  examples: {
    summary: 'where each neuron and feature fires: strongest places, every level, near misses',
    load: () => import('./commands/examples.js'),
  },
  families: {
    summary: 'feature families, and splitting over capacities',
    load: () => import('./commands/families.js'),
  },
  label: { summary: 'names for features, with scores', load: () => import('./commands/label.js') },
  search: {
    summary: 'nearest documents, before and after steering by features',
    load: () => import('./commands/search.js'),
  },
  pack: {
    summary: 'embeddings, SAEs, labels and families as one folder to keep, check and pass on',
    load: () => import('./commands/pack.js'),
  },
  merge: {
    summary: 'join the shards of a job (--shard I/N) into what one machine makes',
    load: () => import('./commands/merge.js'),
  },
  status: {
    summary: 'how far the shards of a job are, in one view',
    load: () => import('./commands/status.js'),
  },
  bench: {
    summary: 'times our kernels and works on this machine',
    load: () => import('./commands/bench.js'),
  },
  explore: {
    summary: 'look at a run, or at embeddings and their features, in the browser',
    load: () => import('./commands/explore.js'),
  },
  doctor: { summary: 'what runs here, and what is missing', load: () => import('./commands/doctor.js') },
};

function overview(): string {
  const names = Object.keys(COMMANDS);
  const width = Math.max(...names.map((n) => n.length));
  return [
    `curvesae ${VERSION}: sparse autoencoders on what networks compute`,
    '',
    'usage: curvesae COMMAND [flags]',
    '',
    ...names.map((n) => `  ${n.padEnd(width)}  ${COMMANDS[n].summary}`),
    '',
    'flags of every command:',
    describe(COMMON),
    '',
    'curvesae COMMAND --help shows the flags of a command.',
    'Exit codes: 0 done, 1 internal failure, 2 wrong usage, 3 bad input, 4 partial result, 130 interrupted.',
  ].join('\n');
}

async function main(args: string[], io: Io): Promise<number> {
  const { output } = io;
  const [name, ...rest] = args;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    output.data(`${overview()}\n`);
    return name === undefined ? 2 : 0;
  }
  if (name === '--version' || name === '-v' || name === 'version') {
    output.data(`${VERSION}\n`);
    return 0;
  }
  if (!Object.hasOwn(COMMANDS, name)) throw unknownName('command', name, Object.keys(COMMANDS));
  const { default: command } = await COMMANDS[name].load();
  const { values, positionals } = parse(name, { ...command.flags, ...command.old }, rest);
  if (values.help) {
    const flags = Object.entries(command.flags).filter(([flag]) => !Object.hasOwn(COMMON, flag));
    const own = flags.length ? `\n\n${describe(Object.fromEntries(flags))}` : '';
    output.data(`curvesae ${name} ${command.usage}\n${command.summary}${own}\n\n${describe(COMMON)}\n`);
    return 0;
  }
  return command.run(contextOf(values, args, io), values, positionals);
}

function contextOf(values: CommonValues, args: string[], io: Io): Context {
  const progress = new Progress(io.stderr, { quiet: values.quiet, term: process.env.TERM });
  const interruption = { text: 'interrupted: finishing the step and saving; once more to quit at once' };
  const warn = (message: string) => progress.warn(message);
  let engine: Promise<Engine> | undefined;
  let failed = false;
  io.closing.push(() => void engine?.then((e) => e.dispose()).catch(() => {}));
  const hooks: Context['hooks'] = {
    signal: interruptible(progress, interruption, io),
    onProgress: (event) => progress.show(event),
    onFailure: () => {
      failed = true;
    },
    warn,
  };
  return {
    common: values,
    hooks,
    call: async () => {
      engine ??= import('../core/engine.js').then(({ init }) =>
        init({ build: values.build, workers: values.workers ?? workersByDefault(), warn }),
      );
      return { engine: await engine, ...hooks };
    },
    exitCode: () => (failed ? 4 : 0),
    print: (json, text, made) => {
      const line = values.json ? JSON.stringify(json) : values.quiet && made !== undefined ? made : text();
      io.output.data(`${line}\n`);
    },
    onInterrupt: (text) => {
      interruption.text = text;
    },
    commandLine: ['curvesae', ...args].map(quoted).join(' '),
  };
}

const quoted = (word: string): string =>
  /^[\w./:=,@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;

/** `says`: what the first Ctrl-C is answered with. SIGHUP: the terminal was closed. */
function interruptible(progress: Progress, says: { text: string }, io: Io): AbortSignal {
  const controller = new AbortController();
  const onSignal = () => {
    if (controller.signal.aborted || ending) process.exit(130);
    progress.log(says.text);
    controller.abort(new InterruptedError('interrupted; run the same command again to resume'));
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, onSignal);
    io.closing.push(() => process.off(name, onSignal));
  }
  return controller.signal;
}

/** Says what went wrong; returns the exit code. */
function report(error: unknown, output: Output): number {
  if (process.env.CURVESAE_DEBUG === '1') output.message(`${inspect(error)}\n`);
  else if (error instanceof CurvesaeError) output.message(`error: ${error.message}\n`);
  else if (systemReason(error) !== undefined)
    output.message(`error: ${(error as NodeJS.ErrnoException).path ?? 'a file'}: ${systemReason(error)}\n`);
  else
    output.message(
      `error: internal failure: ${String((error as Error)?.message ?? error).replace(/\s*\n\s*/g, ' ')}; CURVESAE_DEBUG=1 shows where\n`,
    );
  return error instanceof CurvesaeError ? error.exitCode : 1;
}

/** Idle workers must not keep the process, and what was written must not be cut off. */
async function end(code: number, { output }: Io): Promise<void> {
  ending = true;
  try {
    await output.flush();
    process.exit(code);
  } catch (error) {
    const failed = report(error, output);
    await output.flush().catch(() => {});
    process.exit(code === 0 || code === 4 ? failed : code);
  }
}

/** The command is over; its last output is on its way. */
let ending = false;

/** Where a command's output goes, and what has to be closed where the process outlives it. */
interface Io {
  output: Output;
  stderr: ProgressSink;
  closing: (() => void)[];
}

const ioOf = (stdout: OutputStream, stderr: OutputStream & ProgressSink): Io => ({
  output: new Output(stdout, stderr),
  stderr,
  closing: [],
});

const codeOf = (args: string[], io: Io): Promise<number> =>
  main(args, io).catch((error) => report(error, io.output));

/** The command line of this process, which ends with the command. */
export function start(args: string[]): Promise<void> {
  const io = ioOf(process.stdout, process.stderr);
  return keptAlive(async () => end(await codeOf(args, io), io));
}

/** One command in a process that goes on; resolves to its exit code when all was written. */
export async function run(
  args: string[],
  stdout: OutputStream,
  stderr: OutputStream & ProgressSink,
): Promise<number> {
  const io = ioOf(stdout, stderr);
  try {
    const code = await codeOf(args, io);
    await io.output.flush();
    return code;
  } finally {
    for (const close of io.closing) close();
  }
}

import { PULLED_NAMES } from '../../../models/open.node.js';
import { modelConvert, modelInfo } from '../../api/model.js';
import { modelList, modelPull } from '../../api/model-cache.node.js';
import type { Option, Options } from '../../api/options.js';
import { nodePlatform } from '../../api/platform.node.js';
import { MODEL_TRAIN_OPTIONS, modelTrain } from '../../api/train-network.js';
import { UsageError, unknownName } from '../../core/errors.js';
import type { Context } from '../command.js';
import { command } from '../command.js';
import { camelOptions } from '../flags.js';

const { seed: _common, ...TRAIN } = MODEL_TRAIN_OPTIONS;

/** The flags of `train`, which says itself what is left out: so that those given to another verb are seen. */
const TRAIN_FLAGS: Options = Object.fromEntries(
  Object.entries<Option>(TRAIN).map(([name, option]) => {
    const fallback =
      'default' in option && option.default !== undefined ? ` (default ${option.default})` : '';
    return [
      name,
      { ...option, help: `train: ${option.help}${fallback}`, default: undefined, required: false } as Option,
    ];
  }),
);

export default command({
  summary: 'weights: what is here, what a file holds',
  usage: 'list | info MODEL | pull NAME | convert IN OUT.safetensors | train --out DIR [--images DIR]',
  flags: TRAIN_FLAGS,
  async run(context, values, [verb, ...rest]) {
    if (verb === undefined)
      throw new UsageError(
        'model needs one of: list, info MODEL, pull NAME, convert IN OUT.safetensors, train --out DIR',
      );
    if (!Object.hasOwn(VERBS, verb)) throw unknownName('model command', verb, Object.keys(VERBS));
    const given = Object.keys(TRAIN_FLAGS).find(
      (name) => values[name] !== undefined && values[name] !== false,
    );
    if (verb !== 'train' && given !== undefined)
      throw new UsageError(`--${given} is of model train, not of model ${verb}`);
    await VERBS[verb](context, rest, { ...values, seed: context.common.seed });
    return verb === 'train' ? context.exitCode() : 0;
  },
});

type Values = Record<string, unknown>;

const VERBS: Record<string, (context: Context, args: string[], values: Values) => Promise<void>> = {
  list,
  info,
  pull,
  convert,
  train,
};

async function list(context: Context): Promise<void> {
  const rows = await modelList();
  context.print(rows, () =>
    rows.map((r) => `${r.name.padEnd(12)} ${r.present ? 'present' : 'absent '}  ${r.where}`).join('\n'),
  );
}

async function info(context: Context, args: string[]): Promise<void> {
  if (args.length !== 1) throw new UsageError('model info needs one MODEL');
  const report = await modelInfo(nodePlatform, { model: args[0], ...(await context.call()) });
  const {
    name,
    architecture,
    parameters,
    inputSize,
    context: tokens,
    sha256,
    lastTap,
    taps,
    widths,
  } = report;
  const column = Math.max(...taps.map((tap) => tap.length));
  context.print(report, () =>
    [
      `${name}: ${architecture}, ${parameters} parameters, input ${inputSize === null ? `of up to ${tokens} tokens` : `${inputSize} x ${inputSize}`}`,
      `sha256 ${sha256}`,
      `taps to ${lastTap}, and how many channels each has:`,
      ...taps.map((tap) => `  ${tap.padEnd(column)} ${String(widths[tap]).padStart(5)}`),
    ].join('\n'),
  );
}

async function pull(context: Context, [name, ...rest]: string[]): Promise<void> {
  if (name === undefined || rest.length)
    throw new UsageError(`model pull needs one NAME: ${PULLED_NAMES.join(', ')}`);
  const { signal, onProgress } = context.hooks;
  const report = await modelPull({ name: name as (typeof PULLED_NAMES)[number], signal, onProgress });
  context.print(report, () => `${report.file}${report.reused ? ' (already here)' : ''}`, report.file);
}

async function convert(context: Context, args: string[]): Promise<void> {
  const [model, out] = args;
  if (args.length !== 2) throw new UsageError('model convert needs a weights file and OUT.safetensors');
  const report = await modelConvert(nodePlatform, { model, out, ...(await context.call()) });
  context.print(report, () => `${out}: ${report.architecture}, ${report.bytes} bytes`, out);
}

async function train(context: Context, args: string[], values: Values): Promise<void> {
  if (args.length) throw new UsageError(`model train takes flags alone, not '${args[0]}'`);
  if (!values.out) throw new UsageError('model train needs --out DIR');
  const report = await modelTrain(nodePlatform, {
    ...camelOptions(MODEL_TRAIN_OPTIONS, values as never),
    ...(await context.call()),
  });
  const { model, heldOut, classes, steps, seconds, reused } = report;
  context.print(
    report,
    () =>
      `${model}: ${classes.length} classes, ${steps} steps in ${seconds.toFixed(0)} s, ${heldOut.accuracy.toFixed(3)} of ${heldOut.count} held-out pictures right, chance ${heldOut.chance.toFixed(3)}${reused ? ' (already there)' : ''}`,
    model,
  );
}

import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { encodeModel } from '../../../models/convert.js';
import { openModel, PULLED_NAMES } from '../../../models/open.node.js';
import { PUBLIC_WEIGHTS } from '../../../models/public-weights.js';
import { pullWeights } from '../../../models/pull.js';
import { UsageError, unknownName } from '../../core/errors.js';
import { nodeStorage } from '../../formats/storage.node.js';
import { imageInput } from '../../network/ops/image.js';
import { taps } from '../../network/taps.js';
import { cacheFolder } from '../cache.node.js';
import type { Context } from '../command.js';
import { command } from '../command.js';

export default command({
  summary: 'weights: what is here, what a file holds',
  usage: 'list | info MODEL | pull NAME | convert IN OUT.safetensors',
  flags: {},
  async run(context, _values, [verb, ...rest]) {
    if (verb === undefined)
      throw new UsageError('model needs one of: list, info MODEL, pull NAME, convert IN OUT.safetensors');
    if (!Object.hasOwn(VERBS, verb)) throw unknownName('model command', verb, Object.keys(VERBS));
    await VERBS[verb](context, rest);
    return 0;
  },
});

const VERBS: Record<string, (context: Context, args: string[]) => Promise<void>> = {
  list,
  info,
  pull,
  convert,
};

async function list(context: Context): Promise<void> {
  const rows = [{ name: 'embedded', present: true, where: 'in the package' }];
  for (const name of PULLED_NAMES) {
    const path = join(cacheFolder(), `${name}.safetensors`);
    rows.push({
      name,
      present: await stat(path).then(
        () => true,
        () => false,
      ),
      where: path,
    });
  }
  context.print(rows, () =>
    rows.map((r) => `${r.name.padEnd(12)} ${r.present ? 'present' : 'absent '}  ${r.where}`).join('\n'),
  );
}

async function info(context: Context, args: string[]): Promise<void> {
  if (args.length !== 1) throw new UsageError('model info needs one MODEL');
  const model = await openModel(args[0], (await context.engine()).math, cacheFolder());
  let parameters = 0;
  for (const { weight, bias } of model.parameters.values()) parameters += weight.length + bias.length;
  const { architecture, classes } = model.description;
  const { size } = imageInput(model.description);
  const all = taps(model.description);
  const report = {
    name: model.name,
    architecture,
    sha256: model.sha256,
    parameters,
    inputSize: size,
    classes,
    lastTap: model.lastTap,
    taps: all.slice(0, all.indexOf(model.lastTap) + 1),
  };
  context.print(report, () =>
    [
      `${report.name}: ${architecture}, ${parameters} parameters, input ${size} x ${size}`,
      `sha256 ${report.sha256}`,
      `taps to ${report.lastTap}: ${report.taps.join(' ')}`,
    ].join('\n'),
  );
}

async function pull(context: Context, [name, ...rest]: string[]): Promise<void> {
  if (name === undefined || rest.length)
    throw new UsageError(`model pull needs one NAME: ${PULLED_NAMES.join(', ')}`);
  if (!Object.hasOwn(PUBLIC_WEIGHTS, name)) throw unknownName('public model', name, PULLED_NAMES);
  const known = name as (typeof PULLED_NAMES)[number];
  const source = PUBLIC_WEIGHTS[known];
  const folder = nodeStorage(cacheFolder());
  const file = `${name}.safetensors`;
  const here = (await folder.size(file)) !== undefined;
  if (!here) {
    context.progress.log(`${source.url} (${source.licence})`);
    context.progress.start('pull');
    const bytes = await pullWeights(known, source, {
      signal: context.signal,
      onProgress: (done, total) => context.progress.update(done >> 10, (total ?? done) >> 10, 'KB'),
    });
    await folder.write(file, bytes);
    context.progress.finish(`${bytes.byteLength} bytes`);
  }
  const report = { name, file: join(folder.label, file), reused: here };
  context.print(report, () => `${report.file}${here ? ' (already here)' : ''}`);
}

async function convert(context: Context, args: string[]): Promise<void> {
  const [from, to] = args;
  if (args.length !== 2) throw new UsageError('model convert needs a weights file and OUT.safetensors');
  if (!to.endsWith('.safetensors')) throw new UsageError(`${to}: model convert writes .safetensors`);
  const model = await openModel(from, (await context.engine()).math, cacheFolder());
  const bytes = encodeModel(model);
  await nodeStorage(dirname(to)).write(basename(to), bytes);
  const report = { file: to, architecture: model.description.architecture, bytes: bytes.length };
  context.print(report, () => `${to}: ${report.architecture}, ${report.bytes} bytes`);
}

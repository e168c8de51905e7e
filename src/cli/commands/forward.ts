import { FORWARD_OPTIONS, forward } from '../../api/forward.js';
import { nodePlatform } from '../../api/platform.node.js';
import { UsageError } from '../../core/errors.js';
import { pictures } from '../arguments.js';
import { command } from '../command.js';

export default command({
  summary: 'tensors of any tap for images or text',
  usage: '--model MODEL --taps a,b,... --images DIR --out FILE.safetensors  (or IMAGE...; or --text TEXT)',
  flags: { ...FORWARD_OPTIONS, taps: { ...FORWARD_OPTIONS.taps, required: false } },
  // As the other commands name theirs.
  old: { tap: { ...FORWARD_OPTIONS.taps, required: false } },
  async run(context, { model, images, out, seed, text, texts, tokenizer, ...values }, positionals) {
    const taps = [...(values.taps ?? []), ...(values.tap ?? [])];
    if (!taps.length) throw new UsageError("'forward' needs --taps TAP,...; see curvesae forward --help");
    const given = pictures(images, positionals);
    if (!given && text === undefined && texts === undefined)
      throw new UsageError('give at least one image, folder or glob');
    const report = await forward(nodePlatform, {
      model,
      taps,
      images: given,
      out,
      ...{ seed, text, texts, tokenizer },
      ...(await context.call()),
    });
    context.print(
      report,
      () => `${out}: ${report.taps.length} taps of ${report.images} ${given ? 'images' : 'texts'}`,
      out,
    );
    return context.exitCode();
  },
});

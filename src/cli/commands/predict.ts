import { nodePlatform } from '../../api/platform.node.js';
import { PREDICT_OPTIONS, type Prediction, predict, type TextPrediction } from '../../api/predict.js';
import { UsageError } from '../../core/errors.js';
import { pictures } from '../arguments.js';
import { command } from '../command.js';

export default command({
  summary: 'top-5 classes of images, or next tokens of a text',
  usage: '--model MODEL --images DIR  (or IMAGE...; or --text TEXT)',
  flags: PREDICT_OPTIONS,
  async run(context, { model, images, seed, text, texts, tokenizer }, positionals) {
    const given = pictures(images, positionals);
    const isText = text !== undefined || texts !== undefined;
    if (!given && !isText)
      throw new UsageError('give at least one image, folder or glob to predict, or --text');
    if (given && isText) throw new UsageError('give pictures or text, not both');
    const call = { model, seed, ...(await context.call()) };
    const predictions = await predict(
      nodePlatform,
      given ? { ...call, images: given } : { ...call, text, texts, tokenizer },
    );
    context.print(predictions, () => predictions.map(lines).join('\n'));
    return context.exitCode();
  },
});

function lines(found: Prediction | TextPrediction): string {
  const isText = 'tokens' in found;
  const head = isText ? `${found.text}: ${found.tokens.map((t) => bracketed(t.text)).join('')}` : found.image;
  const of = (label: string) => (isText ? bracketed(label) : label);
  const row = (t: Prediction['top'][number]) =>
    `  ${(100 * t.probability).toFixed(2).padStart(6)} %  ${of(t.label)}`;
  return [head, ...found.top.map(row)].join('\n');
}

/** A token on one line, its spaces seen. */
const bracketed = (text: string): string => `[${JSON.stringify(text).slice(1, -1)}]`;

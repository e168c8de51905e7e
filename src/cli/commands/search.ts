import { DOCUMENTS_OPTIONS } from '../../api/documents.js';
import { nodePlatform } from '../../api/platform.node.js';
import {
  SEARCH_OPTIONS,
  type SearchResult,
  type SearchView,
  STEER_OPTIONS,
  searchAll,
} from '../../api/search.js';
import { EVALUATE_OPTIONS, evaluateSteering } from '../../api/steering.js';
import { UsageError } from '../../core/errors.js';
import type { Carried, SteeringReport } from '../../study/search/evaluate.js';
import { noArguments } from '../arguments.js';
import { command } from '../command.js';
import { camelOptions } from '../flags.js';

/** Of a column of results. */
const WIDTH = 64;
/** What --evaluate has no use for. */
const OF_A_QUERY = ['query', 'endpoint', 'name', 'key-variable'] as const;
/** What only --evaluate has a use for. */
const OF_EVALUATION = ['levels', 'out'] as const;

export default command({
  summary: 'documents nearest to a query, before and after steering it by features of an SAE',
  usage:
    '--in E [--meta FILE] --query Q [--sae SAE --steer f12=+2,f7=0 --method direction|clamp|optimise] | --in E --sae SAE --evaluate N',
  flags: {
    ...SEARCH_OPTIONS,
    evaluate: {
      kind: 'integer',
      value: 'N',
      help: 'how well steering works over N queries, in place of --query: fidelity and precision, beside random directions',
      min: 1,
    },
    ...EVALUATE_OPTIONS,
  },
  async run(context, values, positionals) {
    noArguments(positionals, 'what to look for is given with --query');
    const { query, evaluate: queries, sae, out } = values;
    const refuse = (names: readonly (keyof typeof values)[], why: string) => {
      for (const name of names) if (values[name] !== undefined) throw new UsageError(`--${name} ${why}`);
    };
    if (queries === undefined) {
      refuse(OF_EVALUATION, 'goes with --evaluate N, which measures steering over many queries');
      if (query === undefined)
        throw new UsageError(
          "'search' needs --query Q: a document's id, row:N, a file of one vector, or with --endpoint a text",
        );
      const view = await searchAll(nodePlatform, {
        ...camelOptions(SEARCH_OPTIONS, values),
        query,
        ...(await context.call()),
      });
      context.print(view.report, () => text(view));
      return context.exitCode();
    }
    refuse(OF_A_QUERY, 'is of one query; --evaluate takes its queries from the documents');
    if (sae === undefined)
      throw new UsageError('--evaluate steers by features of an SAE; give it with --sae');
    const report = await evaluateSteering(nodePlatform, {
      ...camelOptions({ ...DOCUMENTS_OPTIONS, ...STEER_OPTIONS, ...EVALUATE_OPTIONS }, values),
      ...{ sae, queries, seed: values.seed },
      ...(await context.call()),
    });
    context.print(report, () => table(report), out);
    return context.exitCode();
  },
});

/** One list, or two side by side. */
function text({ report: { query, results, steered }, titles, features }: SearchView): string {
  const line = ({ id, score, rank }: SearchResult): string =>
    cut(`${String(rank).padStart(3)}  ${score.toFixed(4)}  ${id}  ${titles.get(id) ?? ''}`.trimEnd(), WIDTH);
  const strongest = features.map(({ feature, activation }) => `f${feature} ${activation.toFixed(3)}`);
  const head = [
    `nearest to ${query}`,
    ...(strongest.length ? [`its features: ${strongest.join(', ')}`] : []),
  ];
  if (!steered) return [...head, ...results.map(line)].join('\n');
  const before = new Set(results.map(({ id }) => id));
  const rows = results.map((result, i) => {
    const other = steered.results[i];
    return `${line(result).padEnd(WIDTH)}  |  ${before.has(other.id) ? ' ' : '+'}${line(other)}`.trimEnd();
  });
  return [
    ...head,
    ...steered.features.map(
      ({ feature, value, from, to, reached }) =>
        `${feature}=${value}: from ${from.toFixed(3)} towards ${to.toFixed(3)}, reached ${reached.toFixed(3)}`,
    ),
    `steered by ${steered.method}: cosine to the query ${steered.fidelity.toFixed(4)}; + is new among the nearest`,
    ...rows,
  ].join('\n');
}

/** To `width` letters. */
const cut = (line: string, width: number): string =>
  line.length > width ? `${line.slice(0, width - 3)}...` : line;

function table({ queries, top, rows }: SteeringReport): string {
  const percent = (share: number | null): string => (share === null ? '-' : `${(100 * share).toFixed(1)} %`);
  const shares = (of: (c: Carried) => number | null, { before, after, random }: SteeringReport['rows'][0]) =>
    [before, after, random].map((c) => percent(of(c)).padStart(8)).join('');
  const head = ['before', 'after', 'random'].map((name) => name.padStart(8)).join('');
  return [
    `shares of the ${top} nearest documents, means over ${queries} queries; random: turned as far in a random direction`,
    `${''.padEnd(25)} ${'feature fires'.padStart(24)} | ${'of its category'.padStart(24)} | ${'removed one fires'.padStart(24)}`,
    `${'method'.padEnd(10)}${'up'.padStart(6)}${'cosine'.padStart(9)} ${head} | ${head} | ${head}`,
    ...rows.map(
      (row) =>
        `${row.method.padEnd(10)}${String(row.level).padStart(6)}${row.fidelity.toFixed(4).padStart(9)} ${shares((c) => c.feature, row)} | ${shares((c) => c.category, row)} | ${shares((c) => c.removed, row)}`,
    ),
  ].join('\n');
}

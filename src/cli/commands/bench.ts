import { BENCH_OPTIONS, bench, WORK_NAMES } from '../../api/bench.node.js';
import { resultText } from '../../bench/table.js';
import { command } from '../command.js';

export default command({
  summary: 'times our kernels and works on this machine',
  usage: `[--only ${WORK_NAMES.join(',')},memory,startup or names of kernels] [--html FILE]`,
  flags: BENCH_OPTIONS,
  async run({ hooks, common, commandLine, print }, { only, rounds, ms, html }) {
    const { signal, onProgress } = hooks;
    const { build } = common;
    const result = await bench({ only, rounds, ms, html, build, signal, onProgress, commandLine });
    print(result, () => resultText(result));
    return 0;
  },
});

import { spawn } from 'node:child_process';
import { EXPLORE_OPTIONS, explore } from '../../api/explore.node.js';
import { nodePlatform } from '../../api/platform.node.js';
import { command } from '../command.js';
import { camelOptions } from '../flags.js';

export default command({
  summary: 'look at a run, or at embeddings and their features, in the browser',
  usage: 'DIR [DIR2]  (folders of run, two are compared; or one of pack or embed)',
  flags: {
    ...EXPLORE_OPTIONS,
    'no-open': { kind: 'switch', help: 'do not open the browser' },
  },
  async run(context, values, positionals) {
    const report = await explore(nodePlatform, {
      runs: positionals,
      ...camelOptions(EXPLORE_OPTIONS, values),
      ...(await context.call()),
    });
    if ('export' in report) {
      const text = () => `${report.export}: ${report.files} files; serve this folder from any web host`;
      context.print(report, text, report.export);
      return report.runs.some(({ missing }) => missing.length) ? 4 : 0;
    }
    const { url, close, ...rest } = report;
    context.print({ url, ...rest }, () => `${url}  (Ctrl-C ends it)`);
    if (!values['no-open']) openBrowser(url);
    context.onInterrupt('closed');
    const { signal } = context.hooks;
    await new Promise<void>((done) => {
      signal.addEventListener('abort', () => done(), { once: true });
      if (signal.aborted) done();
    });
    close();
    return 0;
  },
});

/** Starts the desktop's own opener; where there is none, the printed address serves. */
function openBrowser(url: string): void {
  const [program, ...args] =
    process.platform === 'darwin'
      ? ['open', url]
      : process.platform === 'win32'
        ? ['cmd', '/c', 'start', '', url]
        : ['xdg-open', url];
  if (program === 'xdg-open' && !process.env.DISPLAY && !process.env.WAYLAND_DISPLAY) return;
  const child = spawn(program, args, { stdio: 'ignore', detached: true });
  child.on('error', () => {});
  child.unref();
}

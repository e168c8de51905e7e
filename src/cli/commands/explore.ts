import { spawn } from 'node:child_process';
import { openExplorer } from '../../api/explorer/open.node.js';
import { UsageError } from '../../core/errors.js';
import { exportSite } from '../../explorer/export.node.js';
import { DEFAULT_PORT, serve } from '../../explorer/server.node.js';
import type { ExplorerData } from '../../study/facts/data.js';
import { cacheFolder } from '../cache.node.js';
import { command } from '../command.js';
import { version } from '../version.js';

export default command({
  summary: 'look at a run in the browser: coverage, features, photographs, live',
  usage: 'DIR [DIR2]  (folders of curvesae run; two are compared)',
  flags: {
    export: { kind: 'text', value: 'OUT', help: 'write static files for any web host instead of serving' },
    port: {
      kind: 'integer',
      value: 'N',
      help: `port of 127.0.0.1 (default: the first free one from ${DEFAULT_PORT})`,
      min: 0,
      max: 65535,
    },
    'no-open': { kind: 'switch', help: 'do not open the browser' },
    photographs: {
      kind: 'integer',
      value: 'N',
      help: 'photographs to search for what fires each unit, evenly from those of the run',
      min: 1,
      max: 1_000_000,
      default: 1000,
    },
    model: { kind: 'text', value: 'MODEL', help: 'the weights of the run, where they have moved' },
    images: {
      kind: 'list',
      value: 'DIR|GLOB|FILE,...',
      help: 'the photographs of the run, where they have moved',
    },
  },
  async run(context, values, positionals) {
    if (positionals.length < 1 || positionals.length > 2)
      throw new UsageError(`give the folder of a run, or two to compare, not ${positionals.length}`);
    const { progress, signal } = context;
    const { site, runs } = await openExplorer({
      engine: await context.engine(),
      folders: positionals,
      photographs: values.photographs,
      model: values.model,
      images: values.images,
      cache: cacheFolder(),
      version: version(),
      progress,
      warn: (message) => progress.warn(message),
      signal,
    });
    for (const { index } of runs)
      for (const { part, reason } of index.missing) progress.warn(`${part} missing: ${reason}`);
    const described = runs.map(describeRun);
    const out = values.export;
    if (out !== undefined) {
      progress.start('export');
      const { files } = await exportSite(site, out, {
        signal,
        onProgress: (done, total) => progress.update(done, total, 'files'),
      });
      progress.finish(`${files} files`);
      context.print(
        { export: out, files, runs: described },
        () => `${out}: ${files} files; serve this folder from any web host`,
      );
      return 0;
    }
    const served = await serve(site, values.port);
    context.print(
      { url: served.url, port: served.port, runs: described },
      () => `${served.url}  (Ctrl-C ends it)`,
    );
    if (!values['no-open']) openBrowser(served.url);
    context.onInterrupt('closed');
    await new Promise<void>((done) => {
      signal.addEventListener('abort', () => done(), { once: true });
      if (signal.aborted) done();
    });
    served.close();
    return 0;
  },
});

function describeRun({ index, run, reused }: ExplorerData) {
  return {
    folder: run.storage.label,
    model: index.run.model.name,
    tap: index.run.tap,
    features: index.counts.features,
    photographs: index.pictures.shown,
    reused,
    missing: index.missing,
  };
}

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

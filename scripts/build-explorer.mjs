// dist/explorer: the explorer's pages, of runs and of embeddings, as a browser takes them. Scripts are bundled, because
// browsers resolve no package names; the core stays outside, as dist/core/*.wasm.
import { build, transform } from 'esbuild';
import { coreLeftOut } from './core-left-out.mjs';
import { mkdirSync, readFileSync, writeFileSync } from './fs.mjs';

const FROM = 'dist/src/explorer/page';
const TO = 'dist/explorer';

/** The JPEG decoder is the package's own file beside the scripts, fetched when it is needed. */
const decoderBeside = {
  name: 'decoder-beside',
  setup({ onResolve }) {
    onResolve({ filter: /generated[\\/]jpeg-turbo\.js$/ }, () => ({
      path: './jpeg-turbo.js',
      external: true,
    }));
  },
};

export async function buildExplorer() {
  mkdirSync(TO, { recursive: true });
  await build({
    entryPoints: {
      main: `${FROM}/main.js`,
      worker: `${FROM}/worker.js`,
      // Of embeddings.
      atlas: `${FROM}/atlas/main.js`,
      'atlas-worker': `${FROM}/atlas/worker.js`,
    },
    outdir: TO,
    bundle: true,
    minify: true,
    format: 'esm',
    target: ['es2022', 'chrome111', 'firefox114', 'safari16.4'],
    legalComments: 'none',
    plugins: [coreLeftOut, decoderBeside],
    logLevel: 'error',
    logOverride: { 'import-is-undefined': 'silent' },
  });
  const { STYLE } = await import('../dist/src/report/style.js');
  const own = ['explorer.css', 'atlas/atlas.css'].map((f) => readFileSync(`src/explorer/page/${f}`, 'utf8'));
  const { code } = await transform(STYLE + own.join('\n'), { loader: 'css', minify: true });
  writeFileSync(`${TO}/style.css`, code);
  const page = readFileSync('src/explorer/page/index.html', 'utf8');
  writeFileSync(`${TO}/index.html`, page);
  writeFileSync(`${TO}/atlas.html`, page.replace('src="main.js"', 'src="atlas.js"'));
}

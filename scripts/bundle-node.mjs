// dist/src/index.js, node.js and the workers' scripts -> dist/src/bundled/: what the `node` condition of
// package.json leads to. Node opens and links each module by itself, 142 of them; here a handful. Chunks
// are shared, so a class is the same one by `curvesae` and `curvesae/node`. The loader of the core is
// inside and fflate waits for the first compressed file: finding and opening the two packages was a fifth
// of an import. Bundlers for pages take the modules, of which they leave out what is not used.
import { posix } from 'node:path';
import { build } from 'esbuild';
import { rmSync } from './fs.mjs';

const OUT = 'dist/src/bundled';

export async function bundleNode() {
  rmSync(OUT, { recursive: true, force: true });
  await build({
    entryPoints: [
      'dist/src/index.js',
      'dist/src/node.js',
      'dist/src/pipeline/worker.node.js',
      'dist/src/bench/bench-worker.node.js',
    ],
    outdir: OUT,
    // Side by side, as deep as pipeline/: `new URL('../worker.js', import.meta.url)` and './worker.node.js' hold.
    entryNames: '[name]',
    chunkNames: 'shared-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    target: 'es2022',
    platform: 'node',
    external: ['sharp', 'tinyglobby', 'hyparquet', '@uwdata/flechette'],
    minifyWhitespace: true, // names stay, for stack traces
    plugins: [generatedOutside, fflateLater],
    logLevel: 'error',
  });
}

/** fflate's exports that src/ uses, each of which loads it. */
const fflateLater = {
  name: 'fflate-later',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^fflate$/ }, () => ({ path: 'fflate', namespace: 'later' }));
    onLoad({ filter: /./, namespace: 'later' }, () => ({
      contents: [
        'import { createRequire } from "node:module";',
        'const fflate = () => createRequire(import.meta.url)("fflate");',
        'export const inflateSync = (...given) => fflate().inflateSync(...given);',
        'export function Unzlib(...given) { return new (fflate().Unzlib)(...given); }',
      ].join('\n'),
    }));
  },
};

/** The inlined cores and the JPEG decoder stay where they are; they are loaded when used. */
const generatedOutside = {
  name: 'generated-outside',
  setup({ onResolve }) {
    onResolve(
      { filter: /[\\/]generated[\\/](simd|scalar|relaxed|jpeg-turbo)\.js$/ },
      ({ path, resolveDir, kind }) => {
        if (kind !== 'dynamic-import') return undefined;
        const at = `${resolveDir.replaceAll('\\', '/')}/${path}`;
        return { path: posix.join('..', at.slice(at.lastIndexOf('/dist/src/') + 10)), external: true };
      },
    );
  },
};

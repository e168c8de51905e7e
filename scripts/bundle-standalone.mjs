// dist/src/index.js -> dist/src/standalone.js: one classic script that defines the global `curvesae`,
// for pages without modules: opened from disk (file:), or whose policy allows no inline import map.
import { build } from 'esbuild';
import { writeFileSync } from './fs.mjs';

// worker.js is looked for beside the script; modules of the package look one folder up.
const HERE =
  'new URL("standalone/",typeof document==="object"?document.currentScript?.src:location.href).href';

export async function bundleStandalone() {
  await build({
    entryPoints: ['dist/src/index.js'],
    outfile: 'dist/src/standalone.js',
    bundle: true,
    format: 'iife',
    globalName: 'api',
    target: 'es2022',
    platform: 'browser',
    minify: true,
    define: { 'import.meta.url': 'HERE' },
    banner: {
      js: `// curvesae: import { ... } from "curvesae" as one script, in globalThis.curvesae\nglobalThis.curvesae=(()=>{const HERE=${HERE};`,
    },
    footer: { js: 'return api})();' },
    logLevel: 'error',
  });
  writeFileSync(
    'dist/src/standalone.d.ts',
    "import type * as api from './index.js';\n\ndeclare global {\n  var curvesae: typeof api;\n}\n",
  );
}

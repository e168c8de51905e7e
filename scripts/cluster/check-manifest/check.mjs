// node check.mjs TSC < manifest: whether it is a Job of batch/v1. Types tell fields that are misspelt or that nobody knows, the JSON
// schema what values may be. Prints the manifest as JSON.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { Job } from 'kubernetes-models/batch/v1';
import { parse } from 'yaml';

const manifest = parse(readFileSync(0, 'utf8'));
const fail = (text) => {
  console.error(text);
  process.exit(1);
};
if (manifest.apiVersion !== 'batch/v1' || manifest.kind !== 'Job') fail('not a Job of batch/v1');
writeFileSync(
  'manifest.ts',
  `import type { IJob } from 'kubernetes-models/batch/v1';\nexport const manifest: IJob = ${JSON.stringify(manifest, null, 1)};\n`,
);
const options = [
  '--noEmit',
  '--strict',
  '--skipLibCheck',
  '--module',
  'nodenext',
  '--target',
  'es2022',
  'manifest.ts',
];
try {
  execFileSync(process.execPath, [process.argv[2], ...options], { encoding: 'utf8' });
} catch ({ stdout }) {
  fail(stdout);
}
try {
  new Job(manifest).validate();
} catch ({ message }) {
  fail(message);
}
console.log(JSON.stringify(manifest));

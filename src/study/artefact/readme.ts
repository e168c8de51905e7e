// README.md of an artefact: what is in it and how to open it, for whoever finds the folder.
import type { ArtefactManifest } from './manifest.js';

/** One line, whatever was named: nothing in it is markup of the page. */
const plain = (text: string): string => text.replace(/[\s`<>|[\]]+/g, ' ').trim();

export function readmeOf(manifest: ArtefactManifest, fields: readonly string[]): string {
  const { name, documents, saes, families, pictures } = manifest;
  const rows = saes.map(
    (sae) =>
      `| \`${sae.folder}\` | ${plain(sae.name)} | ${plain(sae.architecture)} | ${sae.dSae}${sae.k === null ? '' : `, k ${sae.k}`} | ${sae.labels === null ? 'no' : `\`${sae.labels}\``} |`,
  );
  return `# ${plain(name)}

Embeddings of ${documents.count} ${pictures === null ? 'documents' : 'pictures'}, ${documents.d} numbers each, and what sparse autoencoders (SAEs) found in them. Written by curvesae; the format
is in its docs/formats.md, under Artefact.

    npx curvesae explore .          # pages: search, steering, features, families, a map
    npx curvesae pack --check .     # is everything as it was written, and does it fit together?

| file | |
| --- | --- |
| \`artefact.json\` | what is here: shapes, SAEs, and the bytes and SHA-256 of every file |
| \`embeddings/embeddings.npy\` | ${documents.dtype === 'f16' ? 'float16' : 'float32'} [${documents.count}, ${documents.d}]: \`numpy.load\` |
| \`embeddings/documents.jsonl\` | a record a row, in the order of the rows: ${plain(fields.join(', '))} |
| \`embeddings/manifest.json\` | where the vectors come from |
${pictures === null ? '' : `| \`pictures/\` | ${pictures} small JPEGs, by row |\n`}${families === null ? '' : `| \`${families}\` | families of features, and splitting over capacities |\n`}
${saes.length ? `| SAE | was called | architecture | features | labels |\n| --- | --- | --- | --- | --- |\n${rows.join('\n')}\n` : 'No SAEs were packed.\n'}
Each SAE is a folder of SAELens 6 and later: \`cfg.json\` and \`sae_weights.safetensors\`.

    from sae_lens import SAE
    sae = SAE.load_from_disk("saes/0")
`;
}

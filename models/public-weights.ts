// Where the original weights are published, and how to know them again (METHODS of the
// sources: TensorFlow's own WORKSPACE pins the zip, BVLC's readme the caffemodel).

export interface PublicWeights {
  url: string;
  /** Digest of the downloaded file. */
  digest: { algorithm: 'SHA-256' | 'SHA-1'; hex: string };
  /** Largest download that is accepted. */
  maxBytes: number;
  /** Member of the downloaded zip that holds the weights; without it the file itself does. */
  member?: string;
  /** Member that holds the names of the classes, one a line. */
  classes?: string;
  licence: string;
}

/** One file of a network that is published in several, each kept as it is. */
export interface PublicFile {
  url: string;
  /** Of SHA-256. */
  hex: string;
  maxBytes: number;
  /** What it is called in the cache. */
  keep: string;
}

const GPT2 = 'https://huggingface.co/openai-community/gpt2/resolve/607a30d783dfa663caf39e06633721c8d4cfcd7e';

/**
 * GPT-2 small at one revision. The digests are those under which Hugging Face stores the two files, as several public
 * projects that pin them have them.
 */
export const PUBLIC_GPT2: { licence: string; files: readonly PublicFile[] } = {
  licence: 'MIT',
  files: [
    {
      url: `${GPT2}/tokenizer.json`,
      hex: '8414cab924d8b9b33013f0d221c5862f365ee9be39c5c2bfae8a5a9e970478a6',
      maxBytes: 4 << 20,
      keep: 'gpt2.tokenizer.json',
    },
    {
      url: `${GPT2}/model.safetensors`,
      hex: '248dfc3911869ec493c76e65bf2fcf7f615828b0254c12b473182f0f81d3a707',
      maxBytes: 600 << 20,
      keep: 'gpt2.safetensors',
    },
  ],
};

export const PUBLIC_WEIGHTS: Record<'inceptionv1' | 'googlenet', PublicWeights> = {
  inceptionv1: {
    url: 'https://storage.googleapis.com/download.tensorflow.org/models/inception5h.zip',
    digest: { algorithm: 'SHA-256', hex: 'd13569f6a98159de37e92e9c8ec4dae8f674fbf475f69fe6199b514f756d4364' },
    maxBytes: 100 << 20,
    member: 'tensorflow_inception_graph.pb',
    classes: 'imagenet_comp_graph_label_strings.txt',
    licence: 'Apache-2.0',
  },
  googlenet: {
    url: 'http://dl.caffe.berkeleyvision.org/bvlc_googlenet.caffemodel',
    digest: { algorithm: 'SHA-1', hex: '405fc5acd08a3bb12de8ee5e23a96bec22f08204' },
    maxBytes: 100 << 20,
    licence: 'unrestricted (BVLC)',
  },
};

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

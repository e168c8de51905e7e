// The vectors of a .npy file while they come: rows are there for whoever waits for them, the file is kept as it is (half
// floats stay halves).
import { InputError } from '../../../core/errors.js';
import { DTYPE_BYTES } from '../../../formats/dtypes.js';
import { npyElements, parseNpyHeader } from '../../../formats/npy.js';
import { type MatrixRows, matrixRows } from '../../../vectors/matrix.js';

/** Any header is shorter. */
const HEAD = 1 << 16;

interface Waiting {
  bytes: number;
  done: () => void;
  failed: (error: Error) => void;
}

/** Begins to fetch; the rows can be asked for once the header is here. */
export async function streamedRows(
  url: string,
  shape: [number, number],
  onRows: (rows: number) => void,
): Promise<MatrixRows> {
  const failed = (cause: unknown) =>
    new InputError(`${url}: the vectors cannot be fetched (${(cause as Error).message}); reload the page`, {
      cause,
    });
  const response = await fetch(url).catch((cause) => {
    throw failed(cause);
  });
  if (!response.ok || !response.body) throw new InputError(`${url}: not there (HTTP ${response.status})`);
  const reader = response.body.getReader();
  let head = new Uint8Array(0);
  let end = false;
  while (!end && head.length < HEAD) {
    const { done, value } = await reader.read().catch((cause) => {
      throw failed(cause);
    });
    end = done;
    if (value) head = joined(head, value);
  }
  const { dtype, bigEndian, dataStart, shape: found } = parseNpyHeader(head, url);
  const stride = shape[1] * DTYPE_BYTES[dtype];
  if (found[0] !== shape[0] || found[1] !== shape[1])
    throw new InputError(`${url}: holds ${found.join(' x ')} values, ${shape.join(' x ')} are expected`);
  const bytes = new Uint8Array(shape[0] * stride);
  let filled = 0;
  let broken: Error | undefined;
  const waiting: Waiting[] = [];
  const take = (part: Uint8Array) => {
    const room = part.subarray(0, bytes.length - filled);
    bytes.set(room, filled);
    filled += room.length;
    onRows(Math.floor(filled / stride));
    for (const w of [...waiting])
      if (w.bytes <= filled) {
        waiting.splice(waiting.indexOf(w), 1);
        w.done();
      }
  };
  const stop = (error: Error) => {
    broken = error;
    for (const w of waiting.splice(0)) w.failed(error);
  };
  take(head.subarray(dataStart));
  const rest = async () => {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      take(value);
    }
    if (filled < bytes.length) throw new Error(`${filled} of ${bytes.length} bytes came`);
  };
  if (!end) rest().catch((cause) => stop(failed(cause)));
  else if (filled < bytes.length) stop(failed(new Error(`${filled} of ${bytes.length} bytes came`)));
  return matrixRows({
    label: url,
    shape: [...shape],
    rows: async (first, n) => {
      const needed = (first + n) * stride;
      if (filled < needed) {
        if (broken) throw broken;
        await new Promise<void>((done, no) => waiting.push({ bytes: needed, done, failed: no }));
      }
      return npyElements(bytes.subarray(first * stride, needed), { dtype, bigEndian });
    },
  });
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(a.length + b.length);
  out.set(a);
  out.set(b, a.length);
  return out;
}

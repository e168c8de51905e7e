// JPEG -> RGB with libjpeg-turbo compiled to WebAssembly (generated/jpeg-turbo.ts), in Node and in browsers.
// The pixels of a sound file are those of sharp. Damage that leaves a valid file may put coefficients out of
// range, without a warning, which the SIMD code of sharp's libjpeg-turbo cuts off otherwise than its C code
// does: so sharp is not asked, although of pictures above a megapixel it takes half the time (docs/images.md).
// TurboJPEG's C API, called directly.
import { keptAlive } from '../core/alive.js';
import { fromBase64 } from '../core/base64.js';
import { InputError } from '../core/errors.js';
import { foreignModule } from '../core/foreign.js';
import { isComplete } from './jpeg-markers.js';

interface TurboJpeg {
  memory: WebAssembly.Memory;
  malloc(bytes: number): number;
  free(pointer: number): void;
  tjInitDecompress(): number;
  tjDecompressHeader3(...args: number[]): number;
  /** handle, jpeg, size, out, width, pitch, height, format, flags. 0, or -1 after a warning. */
  tjDecompress2(...args: number[]): number;
  tjDestroy(handle: number): void;
}

const TJPF_RGB = 0;

class Fatal extends Error {}

const refuse = () => {
  throw new Fatal();
};
const none = () => 0;

/** Its errors leave through longjmp: here as an exception, after which the instance is not used again. */
const instance = foreignModule<TurboJpeg>(
  async () => fromBase64((await import('./generated/jpeg-turbo.js')).jpegTurbo),
  {
    env: { setjmp: none, longjmp: refuse },
    wasi_snapshot_preview1: {
      environ_sizes_get: none,
      environ_get: none,
      proc_exit: refuse,
      fd_close: none,
      fd_seek: none,
      fd_write: none,
    },
  },
);
let idle: TurboJpeg | undefined;

/**
 * [height][width][3]. InputError also where libjpeg would conceal damage and only warn: what it
 * makes up is not the same in every version.
 */
export async function decodeJpeg(
  bytes: Uint8Array,
  { width, height }: { width: number; height: number },
): Promise<Uint8Array> {
  const jpeg = idle ?? (await keptAlive(instance));
  idle = undefined;
  const size = 3 * width * height;
  try {
    const input = jpeg.malloc(bytes.length);
    const output = jpeg.malloc(size);
    const sizes = jpeg.malloc(16);
    if (!input || !output || !sizes)
      throw new InputError(
        `needs ${Math.ceil((size + bytes.length) / 1e6)} MB of memory, which are not to be had`,
      );
    new Uint8Array(jpeg.memory.buffer, input, bytes.length).set(bytes);
    const handle = jpeg.tjInitDecompress();
    const header = jpeg.tjDecompressHeader3(
      handle,
      input,
      bytes.length,
      sizes,
      sizes + 4,
      sizes + 8,
      sizes + 12,
    );
    const [w, h] = new Int32Array(jpeg.memory.buffer, sizes, 2);
    if (header !== 0 || w !== width || h !== height) throw new Fatal();
    const status = jpeg.tjDecompress2(
      handle,
      input,
      bytes.length,
      output,
      width,
      3 * width,
      height,
      TJPF_RGB,
      0,
    );
    if (status !== 0) throw new InputError(isComplete(bytes) ? 'it is damaged' : 'it is truncated');
    const out = new Uint8Array(jpeg.memory.buffer, output, size).slice();
    jpeg.tjDestroy(handle);
    for (const pointer of [input, output, sizes]) jpeg.free(pointer);
    // Memory never shrinks: after a huge picture a fresh instance is cheaper to keep.
    if (jpeg.memory.buffer.byteLength < 64 << 20) idle = jpeg;
    return out;
  } catch (cause) {
    if (cause instanceof InputError) throw cause;
    throw new InputError('it is damaged', { cause });
  }
}

// What a run does, counted: bytes that it allocates in typed arrays, and views that it takes of bytes.
type Maker = Uint8ArrayConstructor | Float32ArrayConstructor;

/** Bytes of the Uint8Arrays and Float32Arrays that `run` makes by length; also where it throws. */
export function allocated(run: () => unknown): number {
  let bytes = 0;
  const saved = { Uint8Array: globalThis.Uint8Array, Float32Array: globalThis.Float32Array };
  const counting = <T extends Maker>(base: T): T =>
    new Proxy(base, {
      construct(target, args, newTarget) {
        if (typeof args[0] === 'number') bytes += args[0] * target.BYTES_PER_ELEMENT;
        return Reflect.construct(target, args, newTarget) as object;
      },
    });
  globalThis.Uint8Array = counting(saved.Uint8Array);
  globalThis.Float32Array = counting(saved.Float32Array);
  try {
    run();
  } catch {
    // The tests that count also look at the error, in another run.
  } finally {
    Object.assign(globalThis, saved);
  }
  return bytes;
}

/** A copy of `bytes` and how many views of it were taken. */
export function counted(bytes: Uint8Array): { bytes: Uint8Array; views: () => number } {
  let views = 0;
  class Counted extends Uint8Array {
    override subarray(begin?: number, end?: number): Uint8Array<ArrayBuffer> {
      views++;
      return new Uint8Array(this.buffer as ArrayBuffer).subarray(begin, end);
    }
  }
  return { bytes: new Counted(bytes), views: () => views };
}

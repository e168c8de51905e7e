// Zip archives of stored members (PKWARE APPNOTE 4.3), each member's data aligned, so that
// readers may map it. Equal content gives equal bytes: no times, no platform.
import { InputError } from '../core/errors.js';
import { joined } from './pieces.js';
import { crc32 } from './zip.js';

const LOCAL_RECORD = 0x04034b50;
const CENTRAL_RECORD = 0x02014b50;
const END_RECORD = 0x06054b50;
const VERSION = 20;
const UTF8_NAMES = 0x0800;
/** Extra field of padding, as PyTorch writes it: the letters FB, a length, Zs. */
const PADDING = 0x4246;
const Z = 0x5a;
/** The largest offset without zip64. */
const MAX_SIZE = 0xfffffffe;

/** An archive of `files` in their order; each one's data begins at a multiple of `alignment` bytes. */
export const zipStored = (
  files: ReadonlyMap<string, Uint8Array>,
  alignment: number,
): Uint8Array<ArrayBuffer> => joined(zipParts(files, alignment));

/** The same in parts, the files themselves among them. InputError: too large. */
export function zipParts(files: ReadonlyMap<string, Uint8Array>, alignment: number): Uint8Array[] {
  const text = new TextEncoder();
  const parts: Uint8Array[] = [];
  let at = 0;
  const add = (part: Uint8Array) => {
    parts.push(part);
    at += part.byteLength;
  };
  const placed = [...files].map(([name, data]) => {
    const label = text.encode(name);
    const header = at;
    const crc = crc32(data);
    const bare = at + 30 + label.length + 4;
    const padding = (alignment - (bare % alignment)) % alignment;
    add(
      new Fields()
        .u32(LOCAL_RECORD)
        .u16(VERSION, UTF8_NAMES, 0, 0, 0)
        .u32(crc, data.length, data.length)
        .u16(label.length, 4 + padding)
        .raw(label)
        .u16(PADDING, padding)
        .raw(new Uint8Array(padding).fill(Z)).bytes,
    );
    add(data);
    return { label, header, crc, size: data.length };
  });
  const directory = at;
  for (const { label, header, crc, size } of placed)
    add(
      new Fields()
        .u32(CENTRAL_RECORD)
        .u16(VERSION, VERSION, UTF8_NAMES, 0, 0, 0)
        .u32(crc, size, size)
        .u16(label.length, 0, 0, 0, 0)
        .u32(0, header)
        .raw(label).bytes,
    );
  if (at > MAX_SIZE || placed.length > 0xfffe)
    throw new InputError(`a zip of ${placed.length} members, ${at} bytes is too large without zip64`);
  add(
    new Fields()
      .u32(END_RECORD)
      .u16(0, 0, placed.length, placed.length)
      .u32(at - directory, directory)
      .u16(0).bytes,
  );
  return parts;
}

/** Little-endian fields in a row. */
class Fields {
  #bytes: number[] = [];

  u16(...values: number[]): this {
    for (const v of values) this.#bytes.push(v & 255, (v >>> 8) & 255);
    return this;
  }

  u32(...values: number[]): this {
    for (const v of values) this.u16(v & 0xffff, v >>> 16);
    return this;
  }

  raw(bytes: Uint8Array): this {
    for (const b of bytes) this.#bytes.push(b);
    return this;
  }

  get bytes(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }
}

// A folder of files, as stores, checkpoints and runs see it. Node and the browser's
// OPFS each have one implementation; nothing above this interface knows which.
import { CurvesaeError } from '../core/errors.js';
import type { Content } from './pieces.js';

/** A folder that may be read but not written to. */
export class NotWritable extends CurvesaeError {}

export interface Storage {
  /** For messages: the path, or what stands for it. */
  readonly label: string;
  /** Whole file. InputError where it is missing. */
  read(name: string): Promise<Uint8Array<ArrayBuffer>>;
  /** Bytes [offset, offset + length). InputError where the file is missing or shorter. */
  readRange(name: string, offset: number, length: number): Promise<Uint8Array<ArrayBuffer>>;
  /** Size in bytes, or undefined where there is no such file. */
  size(name: string): Promise<number | undefined>;
  /** Atomic: temporary file in the same folder, flush, rename, flush folder. Creates the folder. An error of making the content leaves as it is. */
  write(name: string, data: Content): Promise<void>;
  /** Names of files and folders in here, sorted; empty where the folder does not exist. */
  list(): Promise<string[]>;
  /** Removes a file; no error where there is none. */
  remove(name: string): Promise<void>;
  /** A folder in here (created on first write). */
  sub(name: string): Storage;
  /** Takes the folder for this process; refuses while another live process holds it. Returns the release. */
  lock(): Promise<() => Promise<void>>;
}

/** What is needed of a folder to read its files. */
export type Readable = Pick<Storage, 'label' | 'size' | 'read' | 'readRange'>;

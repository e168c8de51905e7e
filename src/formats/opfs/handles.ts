// What is used of the Origin Private File System, and what of it may be absent: the
// synchronous handle exists in dedicated workers only, move() and createWritable() not in
// every browser. TypeScript's own declarations have neither the first nor the second.

export interface SyncAccess {
  write(data: Uint8Array<ArrayBuffer>, options: { at: number }): number;
  truncate(size: number): void;
  flush(): void;
  close(): void;
}

export interface FileEntry {
  readonly kind: 'file';
  getFile(): Promise<File>;
  createSyncAccessHandle?(): Promise<SyncAccess>;
  createWritable?(): Promise<FileSystemWritableFileStream>;
  move?(name: string): Promise<void>;
}

export interface Folder {
  readonly kind: 'directory';
  getFileHandle(name: string, options?: { create?: boolean }): Promise<FileEntry>;
  getDirectoryHandle(name: string, options?: { create?: boolean }): Promise<Folder>;
  removeEntry(name: string, options?: { recursive?: boolean }): Promise<void>;
  keys(): AsyncIterable<string>;
}

/** Name of a DOMException; '' of anything else. */
export const nameOf = (error: unknown): string => (error as Error | undefined)?.name ?? '';

export const isMissing = (error: unknown): boolean => nameOf(error) === 'NotFoundError';

export async function exists(folder: Folder, name: string): Promise<boolean> {
  try {
    await folder.getFileHandle(name);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

export async function removeIfThere(folder: Folder, name: string): Promise<void> {
  await folder.removeEntry(name).catch((error) => {
    if (!isMissing(error)) throw error;
  });
}

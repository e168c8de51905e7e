// WebAssembly that is not the core: a decoder in C that travels in the package.

/** Compiles once, when first wanted; every call is an instance of its own. */
export function foreignModule<Exports>(
  bytes: () => Promise<Uint8Array<ArrayBuffer>>,
  imports: WebAssembly.Imports,
): () => Promise<Exports> {
  let module: Promise<WebAssembly.Module> | undefined;
  return async () => {
    module ??= bytes().then((code) => WebAssembly.compile(code));
    const { exports } = await WebAssembly.instantiate(await module, imports);
    return exports as Exports;
  };
}

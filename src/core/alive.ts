// Node's event loop ends where no handle is open, even while WebAssembly compiles: a compilation is
// a task of V8 and no handle. The main thread then waits, deaf to signals, for every task of V8; one
// that waits for a garbage collection of that thread never ends, and both stand still for ever.

/** The longest delay that timers take; the handle is open, and never fires in practice. */
const NEVER_MS = 2 ** 31 - 1;

/** The promise of `work`, with a handle of the event loop open until it settles. */
export async function keptAlive<T>(work: () => Promise<T>): Promise<T> {
  const handle = setInterval(() => {}, NEVER_MS);
  try {
    return await work();
  } finally {
    clearInterval(handle);
  }
}

// Waiting for what happens elsewhere: a condition is asked again and again, no time is hoped for.
import { setTimeout as pause } from 'node:timers/promises';

/** Resolves once `condition` holds, with what it gave. Asked at every turn of the event loop, or every `everyMs`. */
export async function until<T>(condition: () => T | Promise<T>, everyMs = 0): Promise<NonNullable<T>> {
  for (;;) {
    const value = await condition();
    if (value) return value;
    await pause(everyMs);
  }
}

/** n turns of the event loop: later than what takes fewer. */
export async function turns(n: number): Promise<void> {
  for (let i = 0; i < n; i++) await new Promise((next) => setImmediate(next));
}

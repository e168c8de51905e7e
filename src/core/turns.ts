// Long loops give the event loop its turn, so that timers fire and signals are heard.

/** A turn is given this often. */
const TURN_MS = 40;

/** To be awaited in each round of a long loop: most rounds it costs a look at the clock. */
export function turns(): () => Promise<void> {
  let last = Date.now();
  return async () => {
    // A clock that went backwards starts again, or no turn would come for hours.
    if (Math.abs(Date.now() - last) <= TURN_MS) return;
    await new Promise((resolve) => setTimeout(resolve, 0));
    last = Date.now();
  };
}

// Learning-rate and sparsity schedules. Pure functions of the step, so that a resumed run
// needs no state for them.

/** Linear from 0 over the first `warmup` of the run, constant, linear to 0 over the last `decay`. Steps count from 0. */
export function learningRate(lr: number, step: number, steps: number, warmup: number, decay: number): number {
  const up = Math.floor(steps * warmup);
  const down = Math.floor(steps * decay);
  let factor = 1;
  if (step < up) factor = (step + 1) / up;
  if (down > 0 && step >= steps - down) factor = Math.min(factor, (steps - step) / down);
  return lr * factor;
}

/** Linear from 0 to `value` over the first `warmup` of the run. */
export function ramp(value: number, step: number, steps: number, warmup: number): number {
  const up = Math.floor(steps * warmup);
  return step < up ? (value * (step + 1)) / up : value;
}

// Alpha on white, as libvips does it: so in both runtimes.

/** [height][width][3], 8 bit, of RGB or (`channels` 4) RGBA. 16 bit lose the lower 8. */
export function flattenOnWhite(samples: Uint8Array | Uint16Array, channels: number): Uint8Array {
  const deep = samples instanceof Uint16Array;
  if (channels === 3 && !deep) return samples;
  const [max, white] = deep ? [65535, 255 << 8] : [255, 255];
  const pixels = samples.length / channels;
  const data = new Uint8Array(3 * pixels);
  for (let i = 0; i < pixels; i++)
    for (let c = 0; c < 3; c++) {
      const value = samples[channels * i + c];
      const alpha = channels === 4 ? samples[4 * i + 3] : max;
      const flat = alpha === max ? value : Math.floor((value * alpha + white * (max - alpha)) / max);
      data[3 * i + c] = deep ? flat >> 8 : flat;
    }
  return data;
}

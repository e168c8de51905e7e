// Which direction does unit 5 of the network that ships with curvesae prefer? Draws arcs at 24
// orientations and measures the unit's tuning curve. The line is the same in every runtime.
const { CURVE_DEFAULTS, embeddedModel, init, measureCurve, tapInfo, tuningCurves, webPool } = curvesae;

async function orientation(createPool, options = {}) {
  const engine = await init({ workers: 2, ...options });
  const model = await embeddedModel(engine.math);
  const pool = createPool(engine, model);
  const tap = 'mixed3b_5x5';
  const { units } = await tuningCurves({
    pool,
    tap,
    info: tapInfo(model.description, tap),
    fullSize: model.description.inputs[0].size,
    options: { ...CURVE_DEFAULTS, orientations: 24, radii: [30] },
  });
  const { orientationDeg } = measureCurve(engine.math, units[5]);
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', units[5]));
  const hash = Array.from(digest.subarray(0, 8), (byte) => byte.toString(16).padStart(2, '0')).join('');
  pool.dispose();
  engine.dispose();
  return `unit 5 prefers ${orientationDeg.toFixed(6)} degrees, tuning curve ${hash}`;
}

orientation(webPool).then((line) => {
  document.querySelector('#result').textContent = line;
});

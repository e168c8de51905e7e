// The page: a form, one training at a time, live curves, and what the browser keeps.
import { architectureNames, architectureSettings, description, init, openKeptRuns, taps } from 'curvesae';
import { charts } from './charts.js';
import { photographs, requestOf } from './form.js';
import { showRuns } from './runs.js';

const at = (id) => document.getElementById(id);
const form = at('form');
const draw = charts(at('charts'));
const pictures = photographs(at('drop'), [at('files'), at('folder')], at('chosen'));
/** The run that was training when the tab was closed. */
const ACTIVE = 'train-in-tab.active';
let stop;
let said = 0;
let stage;

function notice(text) {
  at('notice').hidden = !text;
  at('notice').textContent = text ?? '';
  if (text) at('notice').scrollIntoView({ block: 'nearest' });
}

/** Screen readers hear it every few seconds at most. */
function status(text, now = true) {
  if (!now && Date.now() - said < 2000) return;
  said = Date.now();
  at('status').textContent = text;
}

function remember(name) {
  try {
    if (name === undefined) localStorage.removeItem(ACTIVE);
    else localStorage.setItem(ACTIVE, name);
  } catch {} // storage forbidden: a closed tab is then gone on with by hand
}

function remembered() {
  try {
    return localStorage.getItem(ACTIVE) ?? undefined;
  } catch {
    return undefined;
  }
}

function show(progress) {
  const begins = progress.stage !== stage;
  stage = progress.stage;
  if (progress.stage === 'activations') {
    const { done, total, failed } = progress;
    at('bar').value = done / total;
    status(`Pictures: ${done} of ${total}${failed ? `, ${failed} could not be used` : ''}`, begins);
    return;
  }
  const last = progress.log.at(-1);
  draw(progress.log);
  if (!last) {
    stage = undefined; // its first point is told at once
    return;
  }
  at('bar').value = last.step / last.steps;
  status(
    `Step ${last.step} of ${last.steps}, ${last.vectorsPerSecond.toLocaleString('en')} vectors a second`,
    begins,
  );
}

async function refresh(runs) {
  showRuns(at('runs'), await runs.list(), {
    resume: (run) => train(runs, run.name),
    show: (run) => {
      draw(run.log);
      status(`Curves of ${run.name}, step ${run.log.at(-1).step} of ${run.steps}.`);
    },
    download: (run) => attempt(() => download(runs, run.name)),
    remove: (run) =>
      confirm(`Delete ${run.name}?`) &&
      attempt(async () => {
        await runs.delete(run.name);
        await refresh(runs);
      }),
  });
  const space = await runs.space();
  at('space').textContent = space
    ? `${(space.used / 1e6).toFixed(1)} MB used of ${(space.quota / 1e9).toFixed(1)} GB that the browser allows. ` +
      (space.persistent ? 'It is kept for good.' : 'The browser may delete it when the disk runs full.')
    : 'The browser does not say how much room there is.';
  at('persist').hidden = !space || space.persistent;
}

async function download(runs, name) {
  const url = URL.createObjectURL(new Blob([await runs.files(name, 'zip')], { type: 'application/zip' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = `${name}.zip`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

async function attempt(action) {
  notice();
  try {
    return await action();
  } catch (error) {
    notice(error.message);
  }
}

async function train(runs, name, request) {
  if (stop) return notice('Another run is training; stop it first.');
  stop = new AbortController();
  at('start').disabled = true;
  at('stop').disabled = false;
  status(`${name}: starting`);
  at('bar').value = 0;
  remember(name);
  let listed = false;
  const onProgress = (progress) => {
    show(progress);
    if (!listed) refresh(runs); // its run.json is written by now
    listed = true;
  };
  await attempt(async () => {
    const run = await runs.train(name, request, {
      checkpointEvery: 50,
      onProgress,
      signal: stop.signal,
    });
    const { l0, fvu, deadFraction } = run.metrics;
    at('bar').value = 1;
    status(
      `${name} is finished: L0 ${l0.toPrecision(3)}, FVU ${fvu.toPrecision(3)} on held-out vectors, ` +
        `${Math.round(100 * deadFraction)} % dead, ${Math.round(run.seconds)} s of training` +
        `${run.failures.length ? `; ${run.failures.length} pictures could not be used (${run.failures[0].reason})` : ''}.`,
    );
  });
  if (!at('notice').hidden)
    status(stop.signal.aborted ? `${name} is stopped and saved.` : `${name} ended early.`);
  if (stop.signal.aborted) notice();
  stop = undefined;
  remember();
  at('start').disabled = false;
  at('stop').disabled = true;
  await refresh(runs);
}

function fillForm() {
  for (const name of architectureNames())
    form.elements.architecture.append(new Option(name, name, name === 'topk'));
  form.elements.architecture.value = 'topk';
  for (const tap of taps(description('inceptionv1'))) at('taps').append(new Option(tap));
  const settings = () => {
    const used = architectureSettings(form.elements.architecture.value);
    for (const field of form.querySelectorAll('[data-setting]'))
      field.hidden = !used.includes(field.dataset.setting);
  };
  form.elements.architecture.addEventListener('change', settings);
  settings();
}

async function main() {
  fillForm();
  draw([]);
  const workers = Math.max(1, Math.min(8, (navigator.hardwareConcurrency ?? 2) - 1));
  const engine = await init({ workers, workerUrl: new URL('worker.js', document.baseURI) });
  const runs = await openKeptRuns(engine, { folder: 'train-in-tab', warn: notice });
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    attempt(() => {
      const { name, request } = requestOf(form, pictures);
      train(runs, name, request);
    });
  });
  at('stop').addEventListener('click', () => {
    stop?.abort(new Error('stopped'));
    status('Finishing the step, then saving.');
  });
  at('persist').addEventListener('click', () =>
    attempt(async () => {
      if (!(await runs.persist()))
        notice('The browser did not agree; bookmark this page, or allow it to keep data, and ask again.');
      await refresh(runs);
    }),
  );
  await refresh(runs);
  const name = remembered();
  const [left] = (await runs.list()).filter(
    (run) => run.name === name && run.state === 'unfinished' && !run.busy,
  );
  if (left) train(runs, left.name);
}

attempt(main);

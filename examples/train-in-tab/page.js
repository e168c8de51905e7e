// The page: a form, one training at a time, live curves, and what the browser keeps.
import { architectureNames, architectureSettings, description, init, openKeptRuns, taps } from 'curvesae';
import { charts } from './charts.js';
import { showFeatures } from './features.js';
import { photographs, requestOf } from './form.js';
import { showRuns } from './runs.js';
import { save, saves } from './save.js';

const at = (id) => document.getElementById(id);
const form = at('form');
const draw = charts(at('charts'));
const pictures = photographs(at('drop'), [at('files'), at('folder')], at('chosen'));
/** The run that was training when the tab was closed. */
const ACTIVE = 'train-in-tab.active';
/** The training of this tab. */
let active;
/** Whose curves are drawn. */
let shown;
let shownLog = [];
let inView;
/** What another tab was training when last looked. */
let elsewhere;
let spoken = 0;

function notice(text) {
  at('notice').hidden = !text;
  at('notice').textContent = text ?? '';
  if (text) at('notice').scrollIntoView({ block: 'nearest' });
}

/**
 * Words and bar always change together. Screen readers hear the words every few seconds at most, and
 * at once where `now`. `fraction`: none hides the bar, NaN says that it is not known yet.
 */
function status(text, fraction, now = true) {
  at('status').textContent = text;
  const bar = at('bar');
  bar.hidden = fraction === undefined;
  if (fraction >= 0) bar.value = fraction;
  else bar.removeAttribute('value');
  if (!now && Date.now() - spoken < 5000) return;
  spoken = Date.now();
  at('spoken').textContent = text;
}

function showCurves(name, log) {
  shown = name;
  shownLog = log;
  at('curves').hidden = !log.length;
  at('curves-of').textContent = `Curves of ${name}`;
  draw(log);
}

/** For the next tab, and for this one when it is loaded again. Storage may be forbidden: then by hand. */
function remember(name) {
  try {
    localStorage.setItem(ACTIVE, name);
    sessionStorage.setItem(ACTIVE, name);
  } catch {}
}

function sessionStored() {
  try {
    return sessionStorage.getItem(ACTIVE) ?? undefined;
  } catch {
    return undefined;
  }
}

/** Another tab may have begun another run since. */
function forget(name) {
  if (remembered() === name) localStorage.removeItem(ACTIVE);
}

function remembered() {
  try {
    return localStorage.getItem(ACTIVE) ?? undefined;
  } catch {
    return undefined;
  }
}

function show(name, progress) {
  const begins = progress.stage !== active.stage;
  active.stage = progress.stage;
  const stopping = active.stop.signal.aborted ? 'Stopping. ' : '';
  if (progress.stage === 'activations') {
    const { done, total, failed } = progress;
    status(
      `${stopping}First of two parts, activations: ${done} of ${total} pictures${failed ? `, ${failed} could not be used` : ''}`,
      done / total,
      begins,
    );
    return;
  }
  const { log } = progress;
  active.log = log;
  if (shown === name) showCurves(name, log);
  const last = log.at(-1);
  if (!last) status('Second of two parts, training: step 0', 0);
  else if (last.step === last.steps) status('Trained; measuring on vectors that it has not seen', NaN);
  else
    status(
      `${stopping}Second of two parts, training: step ${last.step} of ${last.steps}, ` +
        `${last.vectorsPerSecond.toLocaleString('en')} vectors a second`,
      last.step / last.steps,
      begins,
    );
}

async function refresh(runs) {
  const list = await runs.list();
  if (elsewhere && !list.some((run) => run.name === elsewhere && run.busy)) {
    elsewhere = undefined;
    status('Nothing is training.');
  }
  showRuns(at('runs'), list, {
    resume: (run) => train(runs, run.name),
    show: (run) => {
      showCurves(run.name, run.name === active?.name ? active.log : run.log);
      at('curves-of').scrollIntoView({ block: 'nearest' });
    },
    download: (run) => attempt(() => download(runs, run.name)),
    remove: (run) =>
      confirm(`Delete ${run.name}?`) &&
      attempt(async () => {
        await runs.delete(run.name);
        if (shown === run.name) showCurves(undefined, []);
        if (!active) status(`${run.name} is deleted.`);
        await refresh(runs);
        at('runs-title').focus(); // its button is gone
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
  save(`${name}.zip`, 'application/zip', await runs.files(name, 'zip'));
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
  if (active) return notice('Another run is training; stop it first.');
  const stop = new AbortController();
  active = { name, stop, log: [] };
  elsewhere = undefined;
  notice();
  at('start').disabled = true;
  at('stop').hidden = false;
  at('stop').focus({ preventScroll: true }); // the button that was pressed is disabled or gone
  at('now-title').scrollIntoView({ block: 'nearest' });
  status(`${name}: starting`, NaN);
  showCurves(name, []);
  at('features').hidden = true;
  remember(name);
  let listed = false;
  try {
    const run = await runs.train(name, request, {
      checkpointEvery: 50,
      onProgress: (progress) => {
        show(name, progress);
        if (!listed) refresh(runs); // its run.json is written by now
        listed = true;
      },
      signal: stop.signal,
    });
    const { l0, fvu, deadFraction } = run.metrics;
    inView = run.inView;
    showFeatures(at('features'), at('features-of'), at('seen'), inView);
    status(
      `${name} is finished: L0 ${l0.toPrecision(3)}, FVU ${fvu.toPrecision(3)} on held-out vectors, ` +
        `${Math.round(100 * deadFraction)} % dead, ${Math.round(run.seconds)} s of training` +
        `${run.failures.length ? `; ${run.failures.length} pictures could not be used (${run.failures[0].reason})` : ''}.`,
    );
  } catch (error) {
    if (stop.signal.aborted) status(`${name} is stopped and saved.`);
    else {
      status(`${name} could not be trained to its end.`);
      notice(error.message);
    }
  }
  active = undefined;
  forget(name);
  const focused = document.activeElement === at('stop');
  at('start').disabled = false;
  at('stop').hidden = true;
  if (focused) at('start').focus({ preventScroll: true });
  await refresh(runs);
}

/** Goes on with the run that was training when the tab was closed or loaded again. */
async function goOn(runs) {
  const name = remembered();
  // A page that was just left holds its run for a moment; for longer, where it is this tab that was
  // loaded again. Another tab may be training it, too.
  const until = Date.now() + (sessionStored() === name ? 5000 : 1000);
  while (!active) {
    const left = (await runs.list()).find((run) => run.name === name && run.state === 'unfinished');
    if (!left || active) return;
    if (!left.busy) {
      train(runs, name);
      return;
    }
    if (Date.now() > until) {
      elsewhere = name;
      status(`${name} is training in another tab.`);
      return;
    }
    await new Promise((done) => setTimeout(done, 100));
  }
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

/** The log that the charts draw, and what the list of features says. */
function offerFiles() {
  saves(at('curves'), 'log', () => shownLog);
  saves(at('features'), 'features', () =>
    (inView?.features ?? []).map(({ feature, fires, values }) => ({
      feature: `f${feature}`,
      fires,
      share: fires / inView.places,
      strongest: values[0],
    })),
  );
}

async function main() {
  fillForm();
  offerFiles();
  at('weights').addEventListener('change', () => {
    form.querySelector('[name=network][value=weights]').checked = true;
  });
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
  at('stop').addEventListener('click', () => active?.stop.abort(new Error('stopped')));
  at('persist').addEventListener('click', () =>
    attempt(async () => {
      if (!(await runs.persist()))
        notice('The browser did not agree; bookmark this page, or allow it to keep data, and ask again.');
      await refresh(runs);
    }),
  );
  // What another tab did in the meantime.
  document.addEventListener('visibilitychange', () => document.hidden || refresh(runs));
  await refresh(runs);
  await goOn(runs);
}

attempt(main);

// The list of kept runs, with what can be done to each.
const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;

function button(label, text, action) {
  const it = document.createElement('button');
  it.type = 'button';
  it.textContent = text;
  it.setAttribute('aria-label', label);
  it.addEventListener('click', action);
  return it;
}

function described({ state, problem, settings, step, steps, bytes, activationBytes, busy, log }) {
  if (problem) return problem;
  const { train } = settings;
  const done =
    state === 'finished'
      ? `finished, ${steps} steps`
      : busy
        ? 'training now'
        : `saved at step ${step} of ${steps}`;
  const last = log.at(-1);
  return [
    done,
    `${train.architecture}, ${train.dSae} features${settings.data.recipe ? ` of ${settings.data.recipe.tap}` : ''}`,
    ...(last ? [`L0 ${last.l0.toPrecision(3)}, FVU ${last.fvu.toPrecision(3)} in training`] : []),
    `${megabytes(bytes)}, activations ${megabytes(activationBytes)}`,
  ].join(' · ');
}

/** `actions`: resume, show, download, remove; each gets the run. */
export function showRuns(root, runs, actions) {
  if (!runs.length) {
    const none = document.createElement('li');
    none.textContent = 'No runs yet.';
    root.replaceChildren(none);
    return;
  }
  root.replaceChildren(
    ...runs.map((run) => {
      const item = document.createElement('li');
      const title = document.createElement('h3');
      title.textContent = run.name;
      const text = document.createElement('p');
      text.className = run.problem ? 'warn' : 'soft';
      text.textContent = described(run);
      const row = document.createElement('div');
      row.className = 'actions';
      if (run.state === 'unfinished' && !run.busy)
        row.append(button(`Go on with ${run.name}`, 'Go on', () => actions.resume(run)));
      if (run.log.length) row.append(button(`Curves of ${run.name}`, 'Curves', () => actions.show(run)));
      if (run.state === 'finished')
        row.append(button(`Download ${run.name} as zip`, 'Download', () => actions.download(run)));
      if (!run.busy) row.append(button(`Delete ${run.name}`, 'Delete', () => actions.remove(run)));
      item.append(title, text, row);
      return item;
    }),
  );
}

// What the form asks for, as a request of curvesae; photographs that were chosen or dropped.
const PICTURE = /\.(jpe?g|png)$/i;

/** Follows the file inputs and the drop zone; returns the pictures in order of name. */
export function photographs(drop, inputs, said) {
  let files = [];
  const take = (list) => {
    files = list.filter((f) => PICTURE.test(f.name) && !f.name.startsWith('.'));
    files.sort((a, b) => (pathOf(a) < pathOf(b) ? -1 : 1));
    document.querySelector('[name=source][value=photographs]').checked = true;
    said.textContent = files.length
      ? `${files.length} photographs: ${files[0].name}${files.length > 1 ? ` to ${files.at(-1).name}` : ''}`
      : 'No JPEG or PNG among these.';
  };
  for (const input of inputs) input.addEventListener('change', () => take([...input.files]));
  drop.addEventListener('dragover', (event) => {
    event.preventDefault();
    drop.classList.add('over');
  });
  drop.addEventListener('dragleave', () => drop.classList.remove('over'));
  drop.addEventListener('drop', async (event) => {
    event.preventDefault();
    drop.classList.remove('over');
    // Entries must be asked for before anything is waited for.
    const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry()).filter(Boolean);
    take((await Promise.all(entries.map(filesOf))).flat());
  });
  return () => {
    const seen = new Map();
    for (const f of files) seen.set(f.name, (seen.get(f.name) ?? 0) + 1);
    // Files of one name in different folders are told apart by their path.
    return files.map((blob) => ({
      kind: 'blob',
      name: seen.get(blob.name) > 1 ? pathOf(blob) : blob.name,
      blob,
    }));
  };
}

const pathOf = (file) => file.webkitRelativePath || file.name;

async function filesOf(entry) {
  if (entry.isFile) return [await new Promise((resolve, reject) => entry.file(resolve, reject))];
  const reader = entry.createReader();
  const all = [];
  for (;;) {
    // A folder is read in parts of a hundred.
    const part = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!part.length) break;
    all.push(...part);
  }
  return (await Promise.all(all.map(filesOf))).flat();
}

/** The request; an Error says what is missing. */
export function requestOf(form, pictures) {
  const data = new FormData(form);
  const number = (name) =>
    data.get(name) === '' || data.get(name) === null ? undefined : Number(data.get(name));
  const images = data.get('source') === 'procedural' ? number('count') : pictures();
  if (Array.isArray(images) && !images.length)
    throw new Error('Choose photographs first, or take drawn pictures.');
  const weights = form.querySelector('#weights').files[0];
  if (data.get('network') === 'weights' && !weights)
    throw new Error('Choose a weights file first, or take the network that ships here.');
  const train = {
    architecture: data.get('architecture'),
    expansion: number('expansion'),
    steps: number('steps'),
    batch: number('batch'),
  };
  for (const name of ['k', 'l1']) {
    const visible = !form.querySelector(`[data-setting=${name}]`).hidden;
    if (visible && number(name) !== undefined) train[name] = number(name);
  }
  return {
    name: data.get('name').trim(),
    request: {
      images,
      tap: data.get('tap').trim(),
      seed: number('seed'),
      train,
      ...(data.get('network') === 'weights' && { weights }),
    },
  };
}

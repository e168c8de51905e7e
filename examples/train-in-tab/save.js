// What a chart or a list shows, as a file: numbers and names without commas, so that CSV needs no quotes.

/** Two small buttons, appended to `root`; `rows()` is asked for objects of one shape when one is pressed. */
export function saves(root, name, rows) {
  const button = (text, type, content) => {
    const element = document.createElement('button');
    element.type = 'button';
    element.className = 'quiet';
    element.textContent = text;
    element.setAttribute('aria-label', `${name} as ${text}`);
    element.addEventListener('click', () => save(`${name}.${text.toLowerCase()}`, type, content(rows())));
    return element;
  };
  const place = document.createElement('p');
  place.className = 'saves';
  place.append(
    button('CSV', 'text/csv', csv),
    button('JSON', 'application/json', (all) => `${JSON.stringify(all, null, 1)}\n`),
  );
  root.append(place);
}

function csv(rows) {
  const columns = Object.keys(rows[0] ?? {});
  return [columns, ...rows.map((row) => columns.map((c) => row[c] ?? ''))]
    .map((row) => `${row.join(',')}\r\n`)
    .join('');
}

/** Gives a file to the browser, which has begun to read it a minute later. */
export function save(name, type, content) {
  const url = URL.createObjectURL(new Blob([content], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

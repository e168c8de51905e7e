// A photograph dropped on any page opens in the live one.

let waiting: File | undefined;

/** The photograph that was dropped elsewhere and is yet to be looked at. */
export function takeDropped(): File | undefined {
  const file = waiting;
  waiting = undefined;
  return file;
}

/** `takesItself`: the page in view has a place for photographs of its own; `open` goes to the one that has. */
export function listenForDrops(takesItself: () => boolean, open: () => void): void {
  for (const type of ['dragover', 'drop'] as const)
    addEventListener(type, (event) => {
      const { dataTransfer } = event;
      if (takesItself() || !dataTransfer?.types.includes('Files')) return;
      // The browser would leave the page and open the file.
      event.preventDefault();
      if (type === 'dragover' || !dataTransfer.files[0]) return;
      waiting = dataTransfer.files[0];
      open();
    });
}

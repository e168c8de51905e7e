// Keys that work on every page: / searches, the arrows go to what is before and after.

/** Where keys are for what has the focus. */
const OWN = 'input, select, textarea, [contenteditable], [role="application"], [role="list"]';

/** `search`: opens the list that is searched; its field, once it is there. */
export function listenForKeys(search: () => Promise<HTMLElement | null>): void {
  addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if ((event.target as Element).closest(OWN)) return;
    if (event.key === '/') {
      event.preventDefault();
      void search().then((field) => field?.focus());
      return;
    }
    const rel = { ArrowLeft: 'prev', ArrowRight: 'next' }[event.key];
    const to = rel && document.querySelector<HTMLAnchorElement>(`main a[rel="${rel}"]`);
    if (!to) return;
    event.preventDefault();
    to.click();
  });
}

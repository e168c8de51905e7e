// The address of the view as it is set, to the clipboard.
import { h } from './dom.js';
import { settleAddress } from './router.js';

/** A button that says for a moment that it was done, or shows the address where the browser has no clipboard. */
export function copyLink(): HTMLElement {
  const said = h('span', { 'aria-live': 'polite', class: 'spoken' });
  const button = h(
    'button',
    {
      type: 'button',
      class: 'quiet',
      title: 'Copy the address of this view',
      onclick: async () => {
        settleAddress();
        try {
          await navigator.clipboard.writeText(location.href);
          button.textContent = 'Copied';
        } catch {
          // Pages that come by plain http from another machine have none.
          prompt('The address of this view:', location.href);
        }
        said.textContent = button.textContent;
        setTimeout(() => {
          button.textContent = 'Copy link';
          said.textContent = '';
        }, 2000);
      },
    },
    'Copy link',
  );
  return h('span', { class: 'copy' }, button, said);
}

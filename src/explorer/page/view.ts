// What a view is, and what it is given.
import type { RunData, Runs } from './data.js';
import { type Address, link, type QueryValues } from './router.js';

export interface View {
  title: string;
  element: HTMLElement;
  /** Called once the element is in the page. */
  shown?(): void;
  /** Takes another address of the same path; false: the view must be made anew. */
  readdress?(address: Address): boolean;
  dispose?(): void;
}

export interface ViewContext {
  runs: Runs;
  /** The run that the address names. */
  run: RunData;
  address: Address;
  /** An address within the same run. */
  link(path: readonly (string | number)[], values?: QueryValues): string;
}

export function contextOf(runs: Runs, address: Address): ViewContext {
  const run = runs.all.find((r) => r.id === address.query.get('run')) ?? runs.all[0];
  const id = run === runs.all[0] ? undefined : run.id;
  return { runs, run, address, link: (path, values) => link(path, { ...values, run: id }) };
}

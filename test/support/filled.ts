// A claim about all of a list says nothing where the list is empty.

/** The list itself, or the items of what can only be walked through; throws where there are none. */
export function filled<T extends { readonly length: number }>(list: T): T;
export function filled<T>(items: Iterable<T>): T[];
export function filled<T>(items: { readonly length: number } | Iterable<T>): unknown {
  const list = 'length' in items ? items : [...items];
  if (!list.length) throw new Error('nothing to assert on: the list is empty');
  return list;
}

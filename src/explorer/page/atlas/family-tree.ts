// A family as a tree around its parent: rings are generations, dots as large as features are frequent.

import type { NamedFamily } from '../../../study/families/result.js';
import { h, percent, s } from '../dom.js';
import type { AtlasContext } from './context.js';
import { ofFamilyName } from './data.js';
import { knownUnits, nameOf, titleOfUnit } from './known-units.js';

interface Node {
  name: string;
  children: Node[];
  depth: number;
  leaves: number;
  angle: number;
}

const SIDE = 720;

/** The `most` most frequent members and what leads to them. */
function treeOf({ parent, children, edges }: NamedFamily, most: number): Node {
  const up = new Map(edges.map(([from, to]) => [to, from]));
  const kept = new Set([parent]);
  for (const name of children) {
    if (kept.size > most) break;
    for (let at: string | undefined = name; at !== undefined && !kept.has(at); at = up.get(at)) kept.add(at);
  }
  const nodes = new Map<string, Node>();
  const node = (name: string): Node => {
    let known = nodes.get(name);
    if (!known) {
      known = { name, children: [], depth: 0, leaves: 1, angle: 0 };
      nodes.set(name, known);
    }
    return known;
  };
  for (const name of kept) {
    const from = up.get(name);
    if (name !== parent && from !== undefined) node(from).children.push(node(name));
  }
  return node(parent);
}

function measure(node: Node, depth: number): number {
  node.depth = depth;
  node.leaves = node.children.length ? node.children.reduce((sum, c) => sum + measure(c, depth + 1), 0) : 1;
  return node.leaves;
}

/** Each subtree gets a share of the circle, by its leaves. */
function turn(node: Node, from: number, to: number): void {
  node.angle = (from + to) / 2;
  let at = from;
  for (const child of node.children) {
    const share = ((to - from) * child.leaves) / node.leaves;
    turn(child, at, at + share);
    at += share;
  }
}

export interface TreeOptions {
  /** Member that is marked. */
  here?: string;
  /** Members drawn at most. */
  most?: number;
  /** Without words and links: a picture of its shape. */
  sketch?: boolean;
}

export function familyTree(
  context: AtlasContext,
  family: NamedFamily,
  options: TreeOptions = {},
): HTMLElement {
  const { here, most = 150, sketch = false } = options;
  const root = treeOf(family, most);
  measure(root, 0);
  turn(root, 0, 2 * Math.PI);
  const all: Node[] = [];
  const walk = (node: Node) => {
    all.push(node);
    node.children.forEach(walk);
  };
  walk(root);
  const rings = all.reduce((deepest, { depth }) => Math.max(deepest, depth), 1);
  const words = !sketch && all.length <= 60;
  const reach = SIDE / 2 - (words ? 130 : 20);
  const place = ({ depth, angle }: Node) => {
    const r = (reach * depth) / rings;
    return { x: SIDE / 2 + r * Math.sin(angle), y: SIDE / 2 - r * Math.cos(angle) };
  };
  const lines = all.flatMap((node) =>
    node.children.map((child) => {
      const [a, b] = [place(node), place(child)];
      return s('line', { class: 'branch', x1: a.x, y1: a.y, x2: b.x, y2: b.y });
    }),
  );
  const labelled: { feature: number; element: Element }[] = [];
  const dots = all.map((node) => {
    const { x, y } = place(node);
    const { sae, feature } = ofFamilyName(node.name);
    const density = family.density[node.name] ?? 0;
    const title = s('title', {}, `f${feature}, on ${percent(density, 2)}`);
    const r = Math.max(sketch ? 6 : 4, Math.min(sketch ? 26 : 18, 110 * Math.sqrt(density)));
    const dot = s(
      'circle',
      { cx: x, cy: y, r, class: `node${node.name === here ? ' here' : ''}${node === root ? ' root' : ''}` },
      title,
    );
    if (sketch) return dot;
    const right = Math.sin(node.angle) >= -1e-9 || node === root;
    const text =
      words &&
      s(
        'text',
        {
          ...{ x: node === root ? x : x + (right ? r + 4 : -r - 4), y: node === root ? y - r - 5 : y + 4 },
          'text-anchor': node === root ? 'middle' : right ? 'start' : 'end',
          class: 'node-text',
        },
        `f${feature}`,
      );
    const link = s(
      'a',
      { href: context.link(['features', feature], { sae: sae || undefined }), 'aria-label': `f${feature}` },
      dot,
      text || undefined,
    );
    labelled.push({ feature, element: link });
    return link;
  });
  if (!sketch) name(context, family, labelled, words);
  const drawn = s(
    'svg',
    {
      ...{ viewBox: `0 0 ${SIDE} ${SIDE}`, class: sketch ? 'family-sketch' : 'family-tree' },
      ...(sketch ? { 'aria-hidden': 'true' } : { role: 'group', 'aria-label': `tree of ${family.parent}` }),
    },
    lines,
    dots,
  );
  const left = family.children.length + 1 - all.length;
  return h(
    'figure',
    {},
    drawn,
    !sketch &&
      left > 0 &&
      h('figcaption', { class: 'soft' }, `the ${all.length} most frequent; ${left} more are in the list`),
  );
}

/** Words of labels, once they are here. */
function name(
  context: AtlasContext,
  family: NamedFamily,
  links: readonly { feature: number; element: Element }[],
  words: boolean,
): void {
  const { sae } = ofFamilyName(family.parent);
  knownUnits(context, sae).then(
    (known) => {
      for (const { feature, element } of links) {
        const label = titleOfUnit(known, feature);
        if (!label) continue;
        element.setAttribute('aria-label', nameOf(known, feature));
        const title = element.querySelector('title');
        if (title)
          title.textContent = `${nameOf(known, feature)}; ${title.textContent?.split(', ')[1] ?? ''}`;
        const text = element.querySelector('text');
        if (text && words) text.textContent = cut(label);
      }
    },
    () => {}, // without words
  );
}

const cut = (text: string): string => (text.length > 24 ? `${text.slice(0, 23)}…` : text);

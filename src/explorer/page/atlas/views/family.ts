// One family: its tree, and all its members.
import { short } from '../../../../report/numbers.js';
import type { NamedFamily } from '../../../../study/families/result.js';
import { fill, h, percent, plural, section } from '../../dom.js';
import { downloads } from '../../download.js';
import { notFound } from '../../shell.js';
import type { View } from '../../view.js';
import type { AtlasContext } from '../context.js';
import { ofFamilyName } from '../data.js';
import { familyTree } from '../family-tree.js';
import { knownUnits, titleOfUnit } from '../known-units.js';
import { unitBars } from '../unit-parts.js';

/** Members listed; the file has all. Those of a tree with words, and of one without. */
const LISTED = 300;
const MOST = { words: 44, all: 400 };

export async function familyPage(parent: string, context: AtlasContext): Promise<View> {
  const { data, link } = context;
  const family = (await data.families())?.families.find((f) => f.parent === parent);
  if (!family) return notFound('There is no such family.', link(['families']));
  const { sae, feature } = ofFamilyName(parent);
  const known = await knownUnits(context, sae);
  const { children, density, score, similarity, round } = family;
  const title = titleOfUnit(known, feature) ?? parent;
  const members = [parent, ...children];
  const most = members.reduce((largest, name) => Math.max(largest, density[name] ?? 0), 0) || 1;
  return {
    title: `Family ${title}`,
    element: h(
      'div',
      {},
      h('h1', { tabindex: -1 }, title),
      h(
        'p',
        { class: 'soft' },
        `A family of ${plural(children.length, 'feature')} below f${feature} of ${data.index.saes[sae].name}, found in round ${round + 1}.`,
        score !== null &&
          ` R ${short(score)}: so many times more does the parent fire with them than they with one another${similarity === null ? '' : ` (by activation ${short(similarity)})`}.`,
      ),
      h('section', { class: 'wide-figure' }, tree(context, family)),
      section(
        'Members',
        h('p', { class: 'soft' }, `share of the ${context.data.index.of} on which each fires`),
        unitBars(
          context,
          members.slice(0, LISTED).map((name) => ({
            ...{ of: ofFamilyName(name).sae, index: ofFamilyName(name).feature },
            by: (density[name] ?? 0) / most,
            text: percent(density[name] ?? 0, 2),
          })),
        ),
        members.length > LISTED && h('p', { class: 'soft' }, `and ${members.length - LISTED} more`),
        downloads('family', () => ({
          columns: ['feature', 'label', 'density', 'below'],
          rows: members.map((name) => [
            ...[name, titleOfUnit(known, ofFamilyName(name).feature), density[name]],
            family.edges.find(([, to]) => to === name)?.[0],
          ]),
        })),
      ),
    ),
  };
}

/** The most frequent members by name, or more of them as dots. */
function tree(context: AtlasContext, family: NamedFamily): HTMLElement {
  const figure = h('div', {}, familyTree(context, family, { most: MOST.words }));
  if (family.children.length <= MOST.words) return figure;
  let all = false;
  const button = h(
    'button',
    {
      ...{ type: 'button', 'aria-pressed': 'false' },
      onclick: () => {
        all = !all;
        button.setAttribute('aria-pressed', String(all));
        fill(figure, familyTree(context, family, { most: all ? MOST.all : MOST.words }));
      },
    },
    'More of it',
  );
  return h('div', {}, button, figure);
}

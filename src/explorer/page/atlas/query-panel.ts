// A query with what is nearest to it: sliders, filters, results before and after. Of a document's page and of a text's.
import { STEER_METHODS } from '../../../study/search/steer.js';
import { fill, h, note, onSettled, warning } from '../dom.js';
import { type Address, replaceAddress } from '../router.js';
import { REPLACED } from '../worker-calls.js';
import { type AtlasContext, grouped } from './context.js';
import { knownUnits } from './known-units.js';
import type { Question, Said } from './protocol.js';
import { conditionsOf, type QueryState, queryState, queryValues, TOPS, wishesOf } from './query-state.js';
import { drawResults } from './results.js';
import { type Sliders, sliders } from './sliders.js';

export interface QueryPanel {
  element: HTMLElement;
  readdress(address: Address): void;
  dispose(): void;
}

const METHODS: Record<(typeof STEER_METHODS)[number], string> = {
  direction: 'direction: decoder rows are added',
  clamp: 'clamp: latents are set, and decoded',
  optimise: 'optimise: until the SAE reads them',
};

/** `path` and `values`: of the address besides the panel's own; `of`: the query. */
export async function queryPanel(
  context: AtlasContext,
  path: readonly (string | number)[],
  values: Record<string, string>,
  of: () => Promise<Question['of']>,
): Promise<QueryPanel> {
  const { data, sae, link, address } = context;
  const dSae = sae === undefined ? 0 : data.index.saes[sae].dSae;
  // Tokens differ in length by their place, which says little of what they are.
  const byCosine = data.index.of === 'tokens';
  let state = queryState(address.query, dSae, byCosine);
  const results = h('div', { class: 'query-results' });
  const progress = h('progress', {
    max: data.index.documents,
    value: 0,
    'aria-label': 'vectors that have come',
  });
  const waiting = h('p', { class: 'soft waiting', role: 'status' }, 'Vectors are on their way ', progress);
  const heard = ({ vectors }: Said) => {
    progress.value = vectors;
    progress.textContent = `${vectors} of ${data.index.documents}`;
  };
  data.heard.add(heard);
  heard(data.said);
  let turn = 0;
  let drawn = false;
  const ask = async () => {
    const mine = ++turn;
    if (!drawn) fill(results, waiting);
    try {
      const reply = await data.ask('query', {
        of: await of(),
        ...{ top: state.top, where: conditionsOf(state.where), cosine: state.cosine },
        ...{ sae, steer: wishesOf(state), method: state.method },
      });
      if (reply === REPLACED || mine !== turn) return;
      drawn = true;
      steering?.show(reply.features);
      drawResults(results, context, reply, state);
    } catch (error) {
      if (mine === turn) fill(results, warning((error as Error).message));
      drawn = false;
    }
  };
  const changed = () => {
    replaceAddress(link(path, { ...values, ...queryValues(state, byCosine) }));
    void ask();
  };
  const known = sae === undefined ? undefined : await knownUnits(context, sae);
  const steering: Sliders | undefined = known && sliders(context, () => state, changed, known);
  const form = settings(context, () => state, changed);
  void ask();
  return {
    element: h(
      'div',
      { class: steering ? 'query-panel' : '' },
      steering?.element,
      h('div', { class: 'query-main' }, form.element, results),
    ),
    readdress(next) {
      state = queryState(next.query, dSae, byCosine);
      steering?.reset();
      form.show();
      void ask();
    },
    dispose: () => {
      data.heard.delete(heard);
      turn++;
    },
  };
}

/** How many, which, and by which method. */
function settings(context: AtlasContext, state: () => QueryState, changed: () => void) {
  const { index } = context.data;
  const select = <T extends string | number>(
    label: string,
    id: string,
    options: readonly [T, string][],
    set: (value: T) => void,
  ) => {
    const element = h(
      'select',
      {
        id,
        onchange: () => {
          set(options[element.selectedIndex][0]);
          changed();
        },
      },
      options.map(([value, text]) => h('option', { value }, text)),
    );
    return { label: h('label', { for: id }, label, element), element };
  };
  const top = select(
    'Show',
    'top',
    TOPS.map((n) => [n, `${n} nearest`] as [number, string]),
    (n) => {
      state().top = n;
    },
  );
  const method = select(
    'Steer by',
    'method',
    STEER_METHODS.map((m) => [m, METHODS[m]] as [typeof m, string]),
    (m) => {
      state().method = m;
    },
  );
  const where = h('input', {
    ...{ type: 'text', id: 'where', autocomplete: 'off', placeholder: example(context) },
    ...onSettled((text) => {
      state().where = text;
      changed();
    }),
  });
  const cosine = h('input', {
    ...{ type: 'checkbox', id: 'cosine' },
    onchange: () => {
      state().cosine = cosine.checked;
      changed();
    },
  });
  const { notUnit, least, largest } = index.norms;
  const show = () => {
    top.element.value = String(state().top);
    method.element.value = state().method;
    where.value = state().where;
    cosine.checked = state().cosine;
  };
  show();
  const element = h(
    'div',
    { class: 'query-settings' },
    top.label,
    index.saes.length > 0 && method.label,
    h('label', { for: 'where', class: 'wide' }, 'Only where', where),
    notUnit > 0 && h('label', { class: 'check' }, cosine, ' by cosine'),
    notUnit > 0 &&
      note(
        `${grouped(notUnit)} vectors are not of length 1 (${least.toPrecision(3)} to ${largest.toPrecision(3)}): products favour long ones.`,
      ),
  );
  return { element, show };
}

function example({ data: { index } }: AtlasContext): string {
  const field = index.category?.field ?? index.fields[0];
  if (!field) return 'id~2602';
  return `${field}=${index.category?.names[0] ?? '…'}`;
}

// One's own labels, notes and lists about the features of an SAE, and about neurons.
import type { Dictionary } from '../../../../study/atlas/format.js';
import type { Unit } from '../../../../units/unit.js';
import type { View } from '../../view.js';
import { notesView } from '../../views/notes.js';
import type { AtlasUnit } from '../atlas-unit.js';
import { type AtlasContext, unitPath } from '../context.js';
import { unitPicture } from '../unit-parts.js';

export function notesPage(context: AtlasContext): View {
  const { data, sae } = context;
  const of: Dictionary = sae ?? 'neurons';
  const { folder } = data.site.saes[sae ?? 0] ?? {};
  const unit = ({ kind, index }: Unit): AtlasUnit => ({ of: kind === 'neurons' ? kind : of, index });
  return notesView(data.notes(of), {
    where: folder ? `beside its SAE, in ${folder}` : 'in this folder',
    path: (one) => unitPath(context, unit(one)),
    picture: (one) => unitPicture(context, unit(one)),
    complaint: data.complaints[sae ?? 0],
  });
}

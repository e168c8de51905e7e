// GPT-2 as an ONNX model: the same layers and weights for ONNX Runtime. f32, opset 20. `tokens` int64 [T] -> `logits` [T,V].
import type { Model } from '../../src/index.js';
import { tokensInput } from '../../src/network/ops/tokens.js';
import { type Attribute, INT64, integers, modelOf, node, tensor, text, value } from './onnx-parts.js';

export function onnxGpt2(model: Model, length: number): Uint8Array {
  const { layers } = model.description;
  const parts: Uint8Array[] = [];
  const add = (
    op: string,
    inputs: string[],
    out: string,
    attributes: Record<string, Attribute> = {},
  ): string => {
    parts.push(node(op, inputs, out, attributes));
    return out;
  };
  const put = (name: string, dims: number[], data: Float32Array): string => {
    parts.push(tensor(name, dims, data));
    return name;
  };
  const list = (name: string, values: number[]): string => {
    parts.push(integers(name, values));
    return name;
  };
  const mask = put(
    'mask',
    [1, length, length],
    Float32Array.from({ length: length * length }, (_, i) =>
      i % length > Math.floor(i / length) ? Number.NEGATIVE_INFINITY : 0,
    ),
  );
  const widths = new Map<string, number>();
  for (const layer of layers) {
    const { out } = layer;
    const own = model.parameters.get(out);
    const parameters = (dims: number[]): string[] => [
      put(`${out}.weight`, dims, own!.weight),
      put(`${out}.bias`, [own!.bias.length], own!.bias),
    ];
    const channels = widths.get([layer.in].flat()[0]) ?? 0;
    widths.set(out, channels);
    switch (layer.op) {
      case 'embed': {
        const rows = layer.by === 'token' ? layer.rows : length;
        const table = put(`${out}.weight`, [rows, layer.units], own!.weight.subarray(0, rows * layer.units));
        if (layer.by === 'token') add('Gather', [table, 'tokens'], out, { axis: 0 });
        else add('Identity', [table], out);
        widths.set(out, layer.units);
        break;
      }
      case 'sum':
        if (layer.in.length === 2) add('Add', layer.in, out);
        else add('Identity', layer.in, out);
        break;
      case 'layernorm':
        add('LayerNormalization', [layer.in, ...parameters([channels])], out, {
          axis: 1,
          epsilon: { float: layer.eps },
        });
        break;
      case 'affine':
        if (layer.tied === undefined) add('Gemm', [layer.in, ...parameters([channels, layer.units])], out);
        else add('Gemm', [layer.in, `${layer.tied}.weight`], out, { transB: 1 });
        widths.set(out, layer.units);
        break;
      case 'gelu':
        add('Gelu', [layer.in], out, { approximate: { text: 'tanh' } });
        break;
      case 'attention': {
        const d = channels / 3;
        const split = [0, 1, 2].map((i) => `${out}.${'qkv'[i]}`);
        parts.push(
          node('Split', [layer.in, list(`${out}.sizes`, [d, d, d])], split[0], { axis: 1 }, split.slice(1)),
        );
        const heads = list(`${out}.heads`, [length, layer.heads, d / layer.heads]);
        const [q, k, v] = split.map((part, i) =>
          add('Transpose', [add('Reshape', [part, heads], `${part}.heads`)], `${part}.turned`, {
            perm: i === 1 ? [1, 2, 0] : [1, 0, 2],
          }),
        );
        const scale = put(`${out}.scale`, [], Float32Array.of(1 / Math.sqrt(d / layer.heads)));
        const scores = add('Mul', [add('MatMul', [q, k], `${out}.qk`), scale], `${out}.scores`);
        const p = add('Softmax', [add('Add', [scores, mask], `${out}.masked`)], `${out}.p`, { axis: 2 });
        const z = add('Transpose', [add('MatMul', [p, v], `${out}.pv`)], `${out}.z`, { perm: [1, 0, 2] });
        add('Reshape', [z, list(`${out}.rows`, [length, d])], out);
        widths.set(out, d);
        break;
      }
      default:
        throw new Error(`${layer.op}: not an operation of GPT-2`);
    }
  }
  const { vocabulary } = tokensInput(model.description)!;
  return modelOf(
    ...([9, 20] as const),
    ...parts,
    text(2, model.name),
    value(11, 'tokens', [length], INT64),
    value(12, 'logits', [length, vocabulary]),
  );
}

// Derives the scalar build from the simd build: the same program with every v128
// operation rewritten as four lane operations in the same order. One source, two
// builds, bit-identical by construction (IEEE f32 operations are exact per lane).
//
// Input: the flat text format that asc prints. A v128 on the value stack becomes
// four f32 (lane 0 deepest); integer lanes travel as f32 bit patterns, which
// wasm moves unchanged. Anything not in the table below stops the build.

const LANES = [0, 1, 2, 3];
const get = (name) => `local.get ${name}`;
const set = (name) => `local.set ${name}`;
const A = LANES.map((i) => `$a${i}`);
const B = LANES.map((i) => `$b${i}`);
const C = LANES.map((i) => `$c${i}`);
const popInto = (names) => [...names].reverse().map(set);
const I = 'i32.reinterpret_f32';
const F = 'f32.reinterpret_i32';
const mask = ['local.set $m', 'i32.const 0', 'local.get $m', 'i32.sub', F];

const unary = (op) => [...popInto(A), ...A.flatMap((a) => [get(a), op])];
const binary = (op) => [...popInto(B), ...popInto(A), ...LANES.flatMap((i) => [get(A[i]), get(B[i]), op])];
const compare = (op) => [
  ...popInto(B),
  ...popInto(A),
  ...LANES.flatMap((i) => [get(A[i]), get(B[i]), op, ...mask]),
];
const bits = (op) => [
  ...popInto(B),
  ...popInto(A),
  ...LANES.flatMap((i) => [get(A[i]), I, get(B[i]), I, op, F]),
];
const bitsCompare = (op) => [
  ...popInto(B),
  ...popInto(A),
  ...LANES.flatMap((i) => [get(A[i]), I, get(B[i]), I, op, ...mask]),
];
const shift = (op) => [
  'local.set $m',
  ...popInto(A),
  ...A.flatMap((a) => [get(a), I, 'local.get $m', op, F]),
];
// pmin(a,b) = b < a ? b : a; pmax(a,b) = a < b ? b : a (wasm SIMD specification)
const pseudo = (less) => [
  ...popInto(B),
  ...popInto(A),
  ...LANES.flatMap((i) => [get(B[i]), get(A[i]), ...less(i), 'select']),
];

// max(-2^(bits-1), min(2^(bits-1) - 1, v)) of the i32 that `value` pushes
const saturate = (bits, value) => {
  const [least, most] = [`i32.const ${-(2 ** (bits - 1))}`, `i32.const ${2 ** (bits - 1) - 1}`];
  return [
    ...[...value, 'local.tee $m', least, 'local.get $m', least, 'i32.gt_s', 'select'],
    ...['local.tee $m', most, 'local.get $m', most, 'i32.lt_s', 'select'],
  ];
};
const saturate16 = (v) => saturate(16, [get(v), I]);

const TABLE = {
  'f32x4.splat': () => ['local.set $a0', ...LANES.map(() => get('$a0'))],
  'i32x4.splat': () => [F, 'local.set $a0', ...LANES.map(() => get('$a0'))],
  'v128.not': () => [...popInto(A), ...A.flatMap((a) => [get(a), I, 'i32.const -1', 'i32.xor', F])],
  'v128.andnot': () => [
    ...popInto(B),
    ...popInto(A),
    ...LANES.flatMap((i) => [get(A[i]), I, get(B[i]), I, 'i32.const -1', 'i32.xor', 'i32.and', F]),
  ],
  // bitselect(a, b, c) = (a & c) | (b & ~c)
  'v128.bitselect': () => [
    ...popInto(C),
    ...popInto(B),
    ...popInto(A),
    ...LANES.flatMap((i) => [
      ...[get(A[i]), I, get(C[i]), I, 'i32.and'],
      ...[get(B[i]), I, get(C[i]), I, 'i32.const -1', 'i32.xor', 'i32.and'],
      ...['i32.or', F],
    ]),
  ],
  'v128.any_true': () => [
    ...popInto(A),
    ...LANES.flatMap((i) => [get(A[i]), I, ...(i ? ['i32.or'] : [])]),
    'i32.const 0',
    'i32.ne',
  ],
  'i32x4.all_true': () => [
    ...popInto(A),
    ...LANES.flatMap((i) => [get(A[i]), I, 'i32.const 0', 'i32.ne', ...(i ? ['i32.and'] : [])]),
  ],
  'i32x4.bitmask': () => [
    ...popInto(A),
    ...LANES.flatMap((i) => [
      ...[get(A[i]), I, 'i32.const 31', 'i32.shr_u', `i32.const ${i}`, 'i32.shl'],
      ...(i ? ['i32.or'] : []),
    ]),
  ],
  // Pairs of signed 16-bit products, added: the sum wraps only where all four factors are -32768.
  'i32x4.dot_i16x8_s': () => [
    ...popInto(B),
    ...popInto(A),
    ...LANES.flatMap((i) => [
      ...[get(A[i]), I, 'i32.extend16_s', get(B[i]), I, 'i32.extend16_s', 'i32.mul'],
      ...[get(A[i]), I, 'i32.const 16', 'i32.shr_s', get(B[i]), I, 'i32.const 16', 'i32.shr_s', 'i32.mul'],
      ...['i32.add', F],
    ]),
  ],
  // Lanes of a, then of b, saturated to 16 bits; two share a lane of the result.
  'i16x8.narrow_i32x4_s': () => [
    ...popInto(B),
    ...popInto(A),
    ...[A, B].flatMap((v) =>
      [0, 2].flatMap((i) => [
        ...saturate16(v[i]),
        ...['i32.const 65535', 'i32.and'],
        ...saturate16(v[i + 1]),
        ...['i32.const 16', 'i32.shl', 'i32.or', F],
      ]),
    ),
  ],
  // The 16-bit halves of the lanes of a, then of b, saturated to 8 bits; four share a lane of the result.
  'i8x16.narrow_i16x8_s': () => [
    ...popInto(B),
    ...popInto(A),
    ...[A, B].flatMap((v) =>
      [0, 2].flatMap((i) => [
        ...[v[i], v[i + 1]].flatMap((lane, pair) =>
          [['i32.extend16_s'], ['i32.const 16', 'i32.shr_s']].flatMap((half, h) => [
            ...saturate(8, [get(lane), I, ...half]),
            ...['i32.const 255', 'i32.and', `i32.const ${16 * pair + 8 * h}`, 'i32.shl'],
            ...(pair || h ? ['i32.or'] : []),
          ]),
        ),
        F,
      ]),
    ),
  ],
  'f32x4.pmin': () => pseudo((i) => [get(B[i]), get(A[i]), 'f32.lt']),
  'f32x4.pmax': () => pseudo((i) => [get(A[i]), get(B[i]), 'f32.lt']),
  'f32x4.convert_i32x4_s': () => [...popInto(A), ...A.flatMap((a) => [get(a), I, 'f32.convert_i32_s'])],
  'f32x4.convert_i32x4_u': () => [...popInto(A), ...A.flatMap((a) => [get(a), I, 'f32.convert_i32_u'])],
  'i32x4.trunc_sat_f32x4_s': () =>
    unary('i32.trunc_sat_f32_s').flatMap((l) => (l.includes('trunc') ? [l, F] : [l])),
};
for (const op of ['abs', 'neg', 'sqrt', 'ceil', 'floor', 'trunc', 'nearest'])
  TABLE[`f32x4.${op}`] = () => unary(`f32.${op}`);
for (const op of ['add', 'sub', 'mul', 'div', 'min', 'max']) TABLE[`f32x4.${op}`] = () => binary(`f32.${op}`);
for (const op of ['eq', 'ne', 'lt', 'gt', 'le', 'ge']) TABLE[`f32x4.${op}`] = () => compare(`f32.${op}`);
for (const op of ['and', 'or', 'xor']) TABLE[`v128.${op}`] = () => bits(`i32.${op}`);
for (const op of ['add', 'sub', 'mul']) TABLE[`i32x4.${op}`] = () => bits(`i32.${op}`);
for (const op of ['shl', 'shr_s', 'shr_u']) TABLE[`i32x4.${op}`] = () => shift(`i32.${op}`);
for (const op of ['eq', 'ne', 'lt_s', 'lt_u', 'gt_s', 'gt_u', 'le_s', 'ge_s'])
  TABLE[`i32x4.${op}`] = () => bitsCompare(`i32.${op}`);

function offsetOf(words) {
  const word = words.find((w) => w.startsWith('offset='));
  return word ? Number(word.slice(7)) : 0;
}

function withImmediates(op, words) {
  const at = offsetOf(words);
  const lane = Number(words[0]);
  const zero = 'f32.const 0';
  const load = (i) => ['local.get $p', `f32.load offset=${at + 4 * i}`];
  switch (op) {
    case 'v128.load':
      return ['local.set $p', ...LANES.flatMap(load)];
    case 'v128.load32_splat':
      return [`f32.load offset=${at}`, 'local.set $a0', ...LANES.map(() => get('$a0'))];
    case 'v128.load32_zero':
      return [`f32.load offset=${at}`, zero, zero, zero];
    case 'v128.load64_zero':
      return ['local.set $p', ...load(0), ...load(1), zero, zero];
    case 'v128.load64_splat':
      return ['local.set $p', ...load(0), ...load(1), ...load(0), ...load(1)];
    // Eight signed bytes as 16-bit numbers: two share a lane.
    case 'v128.load8x8_s':
      return [
        'local.set $p',
        ...LANES.flatMap((i) => [
          ...['local.get $p', `i32.load8_s offset=${at + 2 * i}`, 'i32.const 65535', 'i32.and'],
          ...['local.get $p', `i32.load8_s offset=${at + 2 * i + 1}`, 'i32.const 16', 'i32.shl', 'i32.or', F],
        ]),
      ];
    case 'v128.load16x4_u':
      return [
        'local.set $p',
        ...LANES.flatMap((i) => ['local.get $p', `i32.load16_u offset=${at + 2 * i}`, F]),
      ];
    case 'v128.store':
      return [
        ...popInto(A),
        'local.set $p',
        ...LANES.flatMap((i) => ['local.get $p', get(A[i]), `f32.store offset=${at + 4 * i}`]),
      ];
    case 'v128.const':
      return words.slice(1).flatMap((w) => [`i32.const ${w}`, F]);
    case 'f32x4.extract_lane':
      return [...popInto(A), get(A[lane])];
    case 'i32x4.extract_lane':
      return [...popInto(A), get(A[lane]), I];
    case 'f32x4.replace_lane':
      return ['local.set $b0', ...popInto(A), ...LANES.map((i) => get(i === lane ? '$b0' : A[i]))];
    case 'i32x4.replace_lane':
      return [F, 'local.set $b0', ...popInto(A), ...LANES.map((i) => get(i === lane ? '$b0' : A[i]))];
    case 'i8x16.shuffle': {
      const from = LANES.map((i) => {
        const [b0, b1, b2, b3] = words.slice(4 * i, 4 * i + 4).map(Number);
        if (b0 % 4 || b1 !== b0 + 1 || b2 !== b0 + 2 || b3 !== b0 + 3)
          throw new Error('lower-simd: only whole-lane shuffles have a scalar form');
        return b0 / 4;
      });
      return [...popInto(B), ...popInto(A), ...from.map((s) => get(s < 4 ? A[s] : B[s - 4]))];
    }
    default:
      return undefined;
  }
}

/** Flat simd text -> flat scalar text. Throws, naming the operation, on anything it does not know. */
export function lowerSimd(text) {
  const out = [];
  let vectors = new Set();
  let pendingLocals = false;
  for (const line of text.split('\n')) {
    const body = line.trim();
    if (body.startsWith('(func ')) {
      if (body.includes('v128')) throw new Error(`lower-simd: v128 crosses a call: ${body.slice(0, 120)}`);
      vectors = new Set();
      pendingLocals = !body.endsWith(')))') && !body.startsWith('(func (');
      out.push(line);
      continue;
    }
    if (pendingLocals) {
      const local = /^\(local (\$\S+) v128\)$/.exec(body);
      if (local) {
        vectors.add(local[1]);
        out.push(...LANES.map((i) => `(local ${local[1]}_${i} f32)`));
        continue;
      }
      if (!body.startsWith('(local ')) {
        out.push('(local $p i32)', '(local $m i32)', ...[...A, ...B, ...C].map((n) => `(local ${n} f32)`));
        pendingLocals = false;
      }
    }
    const [op, ...words] = body.split(/\s+/);
    if (/^local\.(get|set|tee)$/.test(op) && vectors.has(words[0])) {
      const names = LANES.map((i) => `${words[0]}_${i}`);
      if (op === 'local.get') out.push(...names.map(get));
      else out.push(...popInto(names), ...(op === 'local.tee' ? names.map(get) : []));
    } else if (/^(v128|[fi]\d+x\d+)\./.test(op)) {
      const lowered = TABLE[op]?.() ?? withImmediates(op, words);
      if (!lowered) throw new Error(`lower-simd: no scalar form for ${body}`);
      out.push(...lowered);
    } else if (/^(if|block|loop) .*\(result v128\)/.test(body)) {
      out.push(body.replace('(result v128)', '(result f32 f32 f32 f32)'));
    } else {
      if (body.includes('v128')) throw new Error(`lower-simd: cannot lower: ${body}`);
      out.push(line);
    }
  }
  return out.join('\n');
}

// Winograd tile by tile and output channel by output channel: both transforms and the products
// in scalar loops over the matrices. What f32_winograd_6x6 and f32_winograd_8x8 share here.

// Static memory: the stub runtime's heap begins where the host's does.
const tile = memory.data(256), half = memory.data(256);

function get(p: usize, i: i32): f32 { return load<f32>(p + (<usize>i << 2)); }
function set(p: usize, i: i32, v: f32): void { store<f32>(p + (<usize>i << 2), v); }

// A^T's first m rows; the 1 of the last column stands in row m - 1.
function at(AT: StaticArray<f32>, edge: i32, m: i32, i: i32, a: i32): f32 { return a == edge - 1 ? (i == m - 1 ? 1 : 0) : AT[i * edge + a]; }

export function winograd(edge: i32, BT: StaticArray<f32>, AT: StaticArray<f32>, src: usize, ps: usize, rs: usize, cin: i32, packed: usize, bias: usize, dst: usize, ds: usize, dr: usize, oh: i32, ow: i32, cout: i32, m: i32, relu: i32, scratch: usize): void {
  const wide = (cout + 7) & ~7, planes = edge * edge;
  for (let y = 0; y < oh; y += m)
    for (let x = 0; x < ow; x += m) {
      // V = B^T d B of every input channel, [edge^2][Cin].
      for (let c = 0; c < cin; c++) {
        for (let i = 0; i < edge; i++)
          for (let j = 0; j < edge; j++)
            set(tile, i * edge + j, load<f32>(src + <usize>(y + i) * rs + <usize>(x + j) * ps + (<usize>c << 2)));
        for (let i = 0; i < edge; i++)
          for (let j = 0; j < edge; j++) {
            let s: f32 = 0;
            for (let a = 0; a < edge; a++) s += BT[i * edge + a] * get(tile, a * edge + j);
            set(half, i * edge + j, s);
          }
        for (let i = 0; i < edge; i++)
          for (let j = 0; j < edge; j++) {
            let s: f32 = 0;
            for (let a = 0; a < edge; a++) s += get(half, i * edge + a) * BT[j * edge + a];
            store<f32>(scratch + (<usize>((i * edge + j) * cin + c) << 2), s);
          }
      }
      for (let f = 0; f < cout; f++) {
        for (let p = 0; p < planes; p++) {
          let s: f32 = 0;
          for (let c = 0; c < cin; c++) s += load<f32>(scratch + (<usize>(p * cin + c) << 2)) * load<f32>(packed + (<usize>(p * (cin * wide + 16) + ((f >> 3) * cin + c) * 8 + (f & 7)) << 2));
          set(tile, p, s);
        }
        for (let i = 0; i < m; i++)
          for (let j = 0; j < edge; j++) {
            let s: f32 = 0;
            for (let a = 0; a < edge; a++) s += at(AT, edge, m, i, a) * get(tile, a * edge + j);
            set(half, i * edge + j, s);
          }
        for (let i = 0; i < m && y + i < oh; i++)
          for (let j = 0; j < m && x + j < ow; j++) {
            let s = load<f32>(bias + (<usize>f << 2));
            for (let a = 0; a < edge; a++) s += get(half, i * edge + a) * at(AT, edge, m, j, a);
            store<f32>(dst + <usize>(y + i) * dr + <usize>(x + j) * ds + (<usize>f << 2), relu != 0 && s < 0 ? 0 : s);
          }
      }
    }
}

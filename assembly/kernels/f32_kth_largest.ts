// f32_kth_largest: the k-th largest of n floats, which are only read.
// method: bisection of the key, which orders floats as their values are: b ^ (b >> 31 & 0x7fffffff) of the bits b. A
// pass counts the values that are at least the middle of what is left, 16 at a time; about log2(n) passes, without a
// branch that is guessed wrong (Hoare's select of 8,000 values took six times as long).

/** The key of bits, and the bits of a key. */
// @ts-ignore: decorator
@inline
function keyed(x: i32): i32 { return x ^ ((x >> 31) & 0x7fffffff); }

// @ts-ignore: decorator
@inline
function laneMin(v: v128): f32 {
  return min(min(f32x4.extract_lane(v, 0), f32x4.extract_lane(v, 1)), min(f32x4.extract_lane(v, 2), f32x4.extract_lane(v, 3)));
}

/** The least value from t on. */
function leastFrom(values: usize, n: i32, t: f32): f32 {
  const ts = f32x4.splat(t), none = f32x4.splat(Infinity);
  const end = values + (<usize>n << 2), blocks = values + (<usize>(n & ~7) << 2);
  let m0 = none, m1 = none;
  for (; values < blocks; values += 32) {
    const v0 = v128.load(values), v1 = v128.load(values, 16);
    m0 = f32x4.pmin(m0, v128.bitselect(v0, none, f32x4.ge(v0, ts)));
    m1 = f32x4.pmin(m1, v128.bitselect(v1, none, f32x4.ge(v1, ts)));
  }
  let m = laneMin(f32x4.pmin(m0, m1));
  for (; values < end; values += 4) {
    const v = load<f32>(values);
    if (v >= t) m = min(m, v);
  }
  return m;
}

function largest(values: usize, n: i32): f32 {
  const end = values + (<usize>n << 2), blocks = values + (<usize>(n & ~7) << 2);
  let m0 = f32x4.splat(-Infinity), m1 = m0;
  for (; values < blocks; values += 32) {
    m0 = f32x4.pmax(m0, v128.load(values));
    m1 = f32x4.pmax(m1, v128.load(values, 16));
  }
  let m = -laneMin(f32x4.neg(f32x4.pmax(m0, m1)));
  for (; values < end; values += 4) m = max(m, load<f32>(values));
  return m;
}

function countFrom(values: usize, n: i32, t: f32): i32 {
  const ts = f32x4.splat(t), end = values + (<usize>n << 2), blocks = values + (<usize>(n & ~15) << 2);
  let c0 = i32x4.splat(0), c1 = c0, c2 = c0, c3 = c0;
  for (; values < blocks; values += 64) {
    c0 = i32x4.sub(c0, f32x4.ge(v128.load(values), ts)); c1 = i32x4.sub(c1, f32x4.ge(v128.load(values, 16), ts));
    c2 = i32x4.sub(c2, f32x4.ge(v128.load(values, 32), ts)); c3 = i32x4.sub(c3, f32x4.ge(v128.load(values, 48), ts));
  }
  const c = i32x4.add(i32x4.add(c0, c1), i32x4.add(c2, c3));
  let count = i32x4.extract_lane(c, 0) + i32x4.extract_lane(c, 1) + i32x4.extract_lane(c, 2) + i32x4.extract_lane(c, 3);
  for (; values < end; values += 4) count += i32(load<f32>(values) >= t);
  return count;
}

/** 1 <= k <= n; no NaN. Of zeros the positive one. */
export function f32_kth_largest(values: usize, n: i32, k: i32): f32 {
  // At least k values are from `low` on, fewer from `high` on.
  let low = keyed(reinterpret<i32>(leastFrom(values, n, -Infinity))), high = keyed(reinterpret<i32>(largest(values, n))) + 1;
  while (<u32>(high - low) > 1) {
    const middle = low + <i32>(<u32>(high - low) >> 1);
    const t = reinterpret<f32>(keyed(middle));
    const count = countFrom(values, n, t);
    if (count == k) { low = keyed(reinterpret<i32>(leastFrom(values, n, t))); break; }
    if (count > k) low = middle;
    else high = middle;
  }
  const found = reinterpret<f32>(keyed(low));
  return found == 0 ? 0 : found;
}

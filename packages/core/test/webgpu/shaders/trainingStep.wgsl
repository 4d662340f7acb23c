// 9 dispatches a call, 9 shaders

// dot+add+le+select 64 x 32 x 64
@group(0) @binding(0) var<storage, read> m0: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> m1: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> m2: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> m3: array<vec4<u32>>;
struct Call { first: u32, folded: u32, infinity: f32, nan: f32, offset: array<vec4<u32>, 2> }
@group(1) @binding(0) var<uniform> call: Call;
fn finish(batch: u32, row: u32, column: u32, sum: vec4<f32>) {
  let o0 = call.offset[0][0] / 4u;
  let o1 = call.offset[0][1] / 4u;
  let o2 = call.offset[0][2] / 4u;
  let o3 = call.offset[0][3] / 4u;
  let o4 = call.offset[1][0] / 4u;
  let c0 = i32(row);
  let c1 = i32(column);
  let four0 = m2[o2 + u32(c1) / 4u];
  var result3: vec4<bool>;
  var result4: vec4<f32>;
  {
    let position_0 = ((c0 * 64i) + (c1 + 0i));
    let value_1 = sum[0];
    let i1_2 = (c1 + 0i);
    let i0_3 = c0;
    let base0_4 = (i0_3 * 64i);
    let base2_5 = 0i;
    let x1_6 = value_1;
    let x3_7 = four0[0];
    let t4_8 = (x1_6 + x3_7);
    let t5_9 = (t4_8 <= 0.0f);
    result3[0] = t5_9;
    let t6_10 = select(t4_8, 0.0f, t5_9);
    result4[0] = t6_10;
  }
  {
    let position_0 = ((c0 * 64i) + (c1 + 1i));
    let value_1 = sum[1];
    let i1_2 = (c1 + 1i);
    let i0_3 = c0;
    let base0_4 = (i0_3 * 64i);
    let base2_5 = 0i;
    let x1_6 = value_1;
    let x3_7 = four0[1];
    let t4_8 = (x1_6 + x3_7);
    let t5_9 = (t4_8 <= 0.0f);
    result3[1] = t5_9;
    let t6_10 = select(t4_8, 0.0f, t5_9);
    result4[1] = t6_10;
  }
  {
    let position_0 = ((c0 * 64i) + (c1 + 2i));
    let value_1 = sum[2];
    let i1_2 = (c1 + 2i);
    let i0_3 = c0;
    let base0_4 = (i0_3 * 64i);
    let base2_5 = 0i;
    let x1_6 = value_1;
    let x3_7 = four0[2];
    let t4_8 = (x1_6 + x3_7);
    let t5_9 = (t4_8 <= 0.0f);
    result3[2] = t5_9;
    let t6_10 = select(t4_8, 0.0f, t5_9);
    result4[2] = t6_10;
  }
  {
    let position_0 = ((c0 * 64i) + (c1 + 3i));
    let value_1 = sum[3];
    let i1_2 = (c1 + 3i);
    let i0_3 = c0;
    let base0_4 = (i0_3 * 64i);
    let base2_5 = 0i;
    let x1_6 = value_1;
    let x3_7 = four0[3];
    let t4_8 = (x1_6 + x3_7);
    let t5_9 = (t4_8 <= 0.0f);
    result3[3] = t5_9;
    let t6_10 = select(t4_8, 0.0f, t5_9);
    result4[3] = t6_10;
  }
  let position = ((batch * 64u + row) * 64u + column) / 4u;
  m3[o3 + position] = select(vec4<u32>(), vec4<u32>(1u), result3);
  m3[o4 + position] = bitcast<vec4<u32>>(result4);
}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let group = call.first + workgroup.x + workgroup.y * call.folded;
  let o0 = call.offset[0][0] / 4u;
  let o1 = call.offset[0][1] / 4u;
  let o2 = call.offset[0][2] / 4u;
  let o3 = call.offset[0][3] / 4u;
  let o4 = call.offset[1][0] / 4u;
  let tile = group % 4u;
  let batch = group / 4u;
  let row = (tile / 2u) * 32u + (thread / 8u) * 4u;
  let column = (tile % 2u) * 32u + (thread % 8u) * 4u;
  if (row >= 64u || column >= 64u) { return; }
  let baseA = 0u;
  let baseB = 0u;
  let row0 = min(row + 0u, 63u);
  let row1 = min(row + 1u, 63u);
  let row2 = min(row + 2u, 63u);
  let row3 = min(row + 3u, 63u);
  let a0 = baseA + row0 * 32u;
  let a1 = baseA + row1 * 32u;
  let a2 = baseA + row2 * 32u;
  let a3 = baseA + row3 * 32u;
  let column0 = column + 0u;
  let b0 = baseB + column0;
  let column1 = column + 1u;
  let b1 = baseB + column1;
  let column2 = column + 2u;
  let b2 = baseB + column2;
  let column3 = column + 3u;
  let b3 = baseB + column3;
  var sum0_0 = vec4<f32>();
  var sum1_0 = vec4<f32>();
  var sum2_0 = vec4<f32>();
  var sum3_0 = vec4<f32>();
  for (var k = 0u; k < 32u; k += 4u) {
    let left0 = m0[o0 + (a0 + k) / 4u];
    let left1 = m0[o0 + (a1 + k) / 4u];
    let left2 = m0[o0 + (a2 + k) / 4u];
    let left3 = m0[o0 + (a3 + k) / 4u];
    let right0 = m1[o1 + (b0 + (k + 0u) * 64u) / 4u];
    let right1 = m1[o1 + (b0 + (k + 1u) * 64u) / 4u];
    let right2 = m1[o1 + (b0 + (k + 2u) * 64u) / 4u];
    let right3 = m1[o1 + (b0 + (k + 3u) * 64u) / 4u];
    sum0_0 += left0[0] * right0;
    sum1_0 += left1[0] * right0;
    sum2_0 += left2[0] * right0;
    sum3_0 += left3[0] * right0;
    sum0_0 += left0[1] * right1;
    sum1_0 += left1[1] * right1;
    sum2_0 += left2[1] * right1;
    sum3_0 += left3[1] * right1;
    sum0_0 += left0[2] * right2;
    sum1_0 += left1[2] * right2;
    sum2_0 += left2[2] * right2;
    sum3_0 += left3[2] * right2;
    sum0_0 += left0[3] * right3;
    sum1_0 += left1[3] * right3;
    sum2_0 += left2[3] * right3;
    sum3_0 += left3[3] * right3;
  }
  let y = batch * 4096u + row * 64u + column;
  finish(batch, row, column, sum0_0);
  finish(batch, row + 1u, column, sum1_0);
  finish(batch, row + 2u, column, sum2_0);
  finish(batch, row + 3u, column, sum3_0);
}
// dot
enable subgroups;
requires subgroup_id;
@group(0) @binding(0) var<storage, read_write> m0: array<f32>;
@group(0) @binding(1) var<storage, read> m1: array<f32>;
struct Call { first: u32, folded: u32, infinity: f32, nan: f32, offset: array<vec4<u32>, 1> }
@group(1) @binding(0) var<uniform> call: Call;
var<workgroup> part0_5: array<f32, 20>;
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(subgroup_invocation_id) lane: u32, @builtin(subgroup_id) team: u32) {
  let thread = team * 4u + lane;
  let group = call.first + workgroup.x + workgroup.y * call.folded;
  let o0 = call.offset[0][0];
  let o1 = call.offset[0][1];
  let o2 = call.offset[0][2];
  let row = group;
  {
    let i0_0 = i32((row / 10u));
    let j0_1 = i32((row % 10u));
    var k0_2: i32;
    var sum_3: f32 = 0.0f;
    for (var k_4 = i32(thread); k_4 < 64i; k_4 += 64i) {
      k0_2 = k_4;
      sum_3 = (sum_3 + (m0[o0 + u32(((i0_0 * 64i) + k0_2))] * m1[o1 + u32((j0_1 + (k0_2 * 10i)))]));
    }
    for (var apart = 2u; apart > 0u; apart /= 2u) {
      let other0 = subgroupShuffleXor(sum_3, apart);
      let next_6 = (sum_3 + other0);
      sum_3 = next_6;
    }
    if (lane == 0u && team < 16u) { part0_5[0u + team] = sum_3; }
    workgroupBarrier();
    sum_3 = part0_5[0u + thread % 16u];
    for (var apart = 2u; apart > 0u; apart /= 2u) {
      let other0 = subgroupShuffleXor(sum_3, apart);
      let next_7 = (sum_3 + other0);
      sum_3 = next_7;
    }
    if (lane == 0u && team < 4u) { part0_5[16u + team] = sum_3; }
    workgroupBarrier();
    sum_3 = part0_5[16u + thread % 4u];
    for (var apart = 2u; apart > 0u; apart /= 2u) {
      let other0 = subgroupShuffleXor(sum_3, apart);
      let next_8 = (sum_3 + other0);
      sum_3 = next_8;
    }
    sum_3 = subgroupBroadcast(sum_3, 0u);
    workgroupBarrier();
    if (thread == 0u) {
      m0[o2 + u32(((i0_0 * 10i) + j0_1))] = sum_3;
    }
  }
}
// add+reduceMax+exp+sum
@group(0) @binding(0) var<storage, read_write> m0: array<f32>;
@group(0) @binding(1) var<storage, read> m1: array<f32>;
struct Call { first: u32, folded: u32, infinity: f32, nan: f32, offset: array<vec4<u32>, 2> }
@group(1) @binding(0) var<uniform> call: Call;
fn isNan(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u; }
fn maximum(a: f32, b: f32) -> f32 {
  let larger = select(select(b, a, a > b), bitcast<f32>(bitcast<u32>(a) & bitcast<u32>(b)), a == b);
  return select(select(larger, b, isNan(b)), a, isNan(a));
}
fn minimum(a: f32, b: f32) -> f32 {
  let smaller = select(select(b, a, a < b), bitcast<f32>(bitcast<u32>(a) | bitcast<u32>(b)), a == b);
  return select(select(smaller, b, isNan(b)), a, isNan(a));
}
fn pow2(k: f32) -> f32 { return bitcast<f32>(bitcast<u32>(k + 12583039.0) << 23u); }
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let group = call.first + workgroup.x + workgroup.y * call.folded;
  let o0 = call.offset[0][0];
  let o1 = call.offset[0][1];
  let o2 = call.offset[0][2];
  let o3 = call.offset[0][3];
  let o4 = call.offset[1][0];
  let o5 = call.offset[1][1];
  let row = group * 64u + thread;
  if (row < 64u) {
    var s4: array<f32, 10>;
    var s5: array<f32, 1>;
    let row0_0 = i32(row);
    var t4_1: f32;
    var total_2: f32;
    var t14_3: f32;
    var total_4: f32;
    total_2 = (-call.infinity);
    let base0_5 = (row0_0 * 10i);
    let base2_6 = 0i;
    var acc_7: f32 = (-call.infinity);
    for (var r0_8 = 0i; r0_8 < 10i; r0_8 += 1i) {
      let x1_9 = m0[o0 + u32((base0_5 + r0_8))];
      let x3_10 = m1[o1 + u32((base2_6 + r0_8))];
      t4_1 = (x1_9 + x3_10);
      s4[u32((base2_6 + r0_8))] = t4_1;
      acc_7 = maximum(acc_7, t4_1);
    }
    let left_11 = total_2;
    let right_12 = acc_7;
    total_2 = maximum(left_11, right_12);
    s5[0u] = total_2;
    total_4 = 0.0f;
    let base5_13 = 0i;
    let base7_14 = 0i;
    let base15_15 = (row0_0 * 10i);
    var acc_16: f32 = 0.0f;
    for (var r0_17 = 0i; r0_17 < 10i; r0_17 += 1i) {
      let x6_18 = s4[u32((base5_13 + r0_17))];
      let x8_19 = s5[u32(base7_14)];
      let t9_20 = (x6_18 - x8_19);
      let t10_21 = minimum(maximum(t9_20, (-107.0f)), 91.0f);
      let t11_22 = round((t10_21 * 1.4426950216293335f));
      let t12_23 = ((t10_21 - (t11_22 * 0.693145751953125f)) - (t11_22 * 0.000001428606765330187f));
      let t13_24 = floor((t11_22 * 0.5f));
      t14_3 = (((1.0f + (t12_23 + ((t12_23 * t12_23) * (0.4999999403953552f + (t12_23 * (0.1666651964187622f + (t12_23 * (0.041668407618 ...
      m0[o2 + u32((base15_15 + r0_17))] = t14_3;
      acc_16 = (acc_16 + t14_3);
    }
    let left_25 = total_4;
    let right_26 = acc_16;
    total_4 = (left_25 + right_26);
    m0[o3 + u32(row0_0)] = total_4;
  }
}
// sum+mul+sub
@group(0) @binding(0) var<storage, read> m0: array<f32>;
@group(0) @binding(1) var<storage, read_write> m1: array<f32>;
struct Call { first: u32, folded: u32, infinity: f32, nan: f32, offset: array<vec4<u32>, 2> }
@group(1) @binding(0) var<uniform> call: Call;
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let group = call.first + workgroup.x + workgroup.y * call.folded;
  let o0 = call.offset[0][0];
  let o1 = call.offset[0][1];
  let o2 = call.offset[0][2];
  let o3 = call.offset[0][3];
  let o4 = call.offset[1][0];
  let o5 = call.offset[1][1];
  let row = group * 64u + thread;
  if (row < 64u) {
    var s4: array<f32, 1>;
    var s5: array<f32, 1>;
    let row0_0 = i32(row);
    var x1_1: f32;
    var total_2: f32;
    total_2 = 0.0f;
    let base0_3 = (row0_0 * 10i);
    var acc_4: f32 = 0.0f;
    for (var r0_5 = 0i; r0_5 < 10i; r0_5 += 1i) {
      x1_1 = m0[o0 + u32((base0_3 + r0_5))];
      acc_4 = (acc_4 + x1_1);
    }
    let left_6 = total_2;
    let right_7 = acc_4;
    total_2 = (left_6 + right_7);
    s4[0u] = total_2;
    let base2_8 = 0i;
    let base4_9 = row0_0;
    let x3_10 = s4[u32(base2_8)];
    let x5_11 = m1[o1 + u32(base4_9)];
    let t6_12 = (1.0f / x5_11);
    let t7_13 = (x3_10 * t6_12);
    s5[u32(base2_8)] = t7_13;
    let base8_14 = 0i;
    let base10_15 = (row0_0 * 10i);
    for (var i0_16 = 0i; i0_16 < 10i; i0_16 += 1i) {
      let x9_17 = s5[u32(base8_14)];
      let x11_18 = m1[o2 + u32((base10_15 + i0_16))];
      let t12_19 = (x9_17 * x11_18);
      let x13_20 = m0[o0 + u32((base10_15 + i0_16))];
      let t14_21 = (t12_19 - x13_20);
      m1[o3 + u32((base10_15 + i0_16))] = t14_21;
    }
  }
}
// sum+sub
enable subgroups;
requires subgroup_id;
@group(0) @binding(0) var<storage, read> m0: array<f32>;
@group(0) @binding(1) var<storage, read> m1: array<f32>;
@group(0) @binding(2) var<storage, read_write> m2: array<f32>;
struct Call { first: u32, folded: u32, infinity: f32, nan: f32, offset: array<vec4<u32>, 1> }
@group(1) @binding(0) var<uniform> call: Call;
var<workgroup> part0_6: array<f32, 20>;
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(subgroup_invocation_id) lane: u32, @builtin(subgroup_id) team: u32) {
  let thread = team * 4u + lane;
  let group = call.first + workgroup.x + workgroup.y * call.folded;
  let o0 = call.offset[0][0];
  let o1 = call.offset[0][1];
  let o2 = call.offset[0][2];
  let row = group;
  {
    let i1_0 = i32(row);
    var x1_1: f32;
    var total_2: f32;
    total_2 = 0.0f;
    let base0_3 = i1_0;
    var acc_4: f32 = 0.0f;
    for (var r0_5 = i32(thread); r0_5 < 64i; r0_5 += 64i) {
      x1_1 = m0[o0 + u32((base0_3 + (r0_5 * 10i)))];
      acc_4 = (acc_4 + x1_1);
    }
    for (var apart = 2u; apart > 0u; apart /= 2u) {
      let other0 = subgroupShuffleXor(acc_4, apart);
      let next_7 = (acc_4 + other0);
      acc_4 = next_7;
    }
    if (lane == 0u && team < 16u) { part0_6[0u + team] = acc_4; }
    workgroupBarrier();
    acc_4 = part0_6[0u + thread % 16u];
    for (var apart = 2u; apart > 0u; apart /= 2u) {
      let other0 = subgroupShuffleXor(acc_4, apart);
      let next_8 = (acc_4 + other0);
      acc_4 = next_8;
    }
    if (lane == 0u && team < 4u) { part0_6[16u + team] = acc_4; }
    workgroupBarrier();
    acc_4 = part0_6[16u + thread % 4u];
    for (var apart = 2u; apart > 0u; apart /= 2u) {
      let other0 = subgroupShuffleXor(acc_4, apart);
      let next_9 = (acc_4 + other0);
      acc_4 = next_9;
    }
    acc_4 = subgroupBroadcast(acc_4, 0u);
    workgroupBarrier();
    let left_10 = total_2;
    let right_11 = acc_4;
    total_2 = (left_10 + right_11);
    let position_12 = i1_0;
    let value_13 = total_2;
    let i0_14 = i1_0;
    let base0_15 = 0i;
    let x1_16 = m1[o1 + u32((base0_15 + i0_14))];
    let x2_17 = value_13;
    let t3_18 = (x2_17 * 0.10000000149011612f);
    let t4_19 = (x1_16 - t3_18);
    if (thread == 0u) {
      m2[o2 + u32((base0_15 + i0_14))] = t4_19;
    }
  }
}
// dot+sub
@group(0) @binding(0) var<storage, read> m0: array<f32>;
@group(0) @binding(1) var<storage, read> m1: array<f32>;
@group(0) @binding(2) var<storage, read_write> m2: array<f32>;
struct Call { first: u32, folded: u32, infinity: f32, nan: f32, offset: array<vec4<u32>, 1> }
@group(1) @binding(0) var<uniform> call: Call;
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let group = call.first + workgroup.x + workgroup.y * call.folded;
  let o0 = call.offset[0][0];
  let o1 = call.offset[0][1];
  let o2 = call.offset[0][2];
  let o3 = call.offset[0][3];
  let row = group * 64u + thread;
  if (row < 640u) {
    let i0_0 = i32((row / 10u));
    let j0_1 = i32((row % 10u));
    var k0_2: i32;
    var sum_3: f32 = 0.0f;
    for (var k_4 = 0i; k_4 < 64i; k_4 += 1i) {
      k0_2 = k_4;
      sum_3 = (sum_3 + (m0[o0 + u32((i0_0 + (k0_2 * 64i)))] * m0[o1 + u32((j0_1 + (k0_2 * 10i)))]));
    }
    let position_5 = ((i0_0 * 10i) + j0_1);
    let value_6 = sum_3;
    let i0_7 = position_5;
    let base0_8 = 0i;
    let x1_9 = m1[o2 + u32((base0_8 + i0_7))];
    let x2_10 = value_6;
    let t3_11 = (x2_10 * 0.10000000149011612f);
    let t4_12 = (x1_9 - t3_11);
    m2[o3 + u32((base0_8 + i0_7))] = t4_12;
  }
}
// dot 64 x 10 x 64
@group(0) @binding(0) var<storage, read_write> m0: array<f32>;
@group(0) @binding(1) var<storage, read> m1: array<f32>;
struct Call { first: u32, folded: u32, infinity: f32, nan: f32, offset: array<vec4<u32>, 1> }
@group(1) @binding(0) var<uniform> call: Call;
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let group = call.first + workgroup.x + workgroup.y * call.folded;
  let o0 = call.offset[0][0];
  let o1 = call.offset[0][1];
  let o2 = call.offset[0][2];
  let tile = group % 4u;
  let batch = group / 4u;
  let row = (tile / 2u) * 32u + (thread / 8u) * 4u;
  let column = (tile % 2u) * 32u + (thread % 8u) * 4u;
  if (row >= 64u || column >= 64u) { return; }
  let baseA = 0u;
  let baseB = 0u;
  let row0 = min(row + 0u, 63u);
  let row1 = min(row + 1u, 63u);
  let row2 = min(row + 2u, 63u);
  let row3 = min(row + 3u, 63u);
  let a0 = baseA + row0 * 10u;
  let a1 = baseA + row1 * 10u;
  let a2 = baseA + row2 * 10u;
  let a3 = baseA + row3 * 10u;
  let column0 = min(column + 0u, 63u);
  let b0 = baseB + column0 * 10u;
  let column1 = min(column + 1u, 63u);
  let b1 = baseB + column1 * 10u;
  let column2 = min(column + 2u, 63u);
  let b2 = baseB + column2 * 10u;
  let column3 = min(column + 3u, 63u);
  let b3 = baseB + column3 * 10u;
  var sum0_0 = vec4<f32>();
  var sum1_0 = vec4<f32>();
  var sum2_0 = vec4<f32>();
  var sum3_0 = vec4<f32>();
  for (var k = 0u; k < 10u; k++) {
    let atA = k;
    let atB = k;
    let right0 = vec4<f32>(m1[o1 + b0 + atB], m1[o1 + b1 + atB], m1[o1 + b2 + atB], m1[o1 + b3 + atB]);
    let left0 = m0[o0 + a0 + atA];
    sum0_0 += left0 * right0;
    let left1 = m0[o0 + a1 + atA];
    sum1_0 += left1 * right0;
    let left2 = m0[o0 + a2 + atA];
    sum2_0 += left2 * right0;
    let left3 = m0[o0 + a3 + atA];
    sum3_0 += left3 * right0;
  }
  let y = batch * 4096u + row * 64u + column;
  m0[o2 + y] = sum0_0[0]; m0[o2 + y + 1u] = sum0_0[1]; m0[o2 + y + 2u] = sum0_0[2]; m0[o2 + y + 3u] = sum0_0[3];
  m0[o2 + y + 64u] = sum1_0[0]; m0[o2 + y + 65u] = sum1_0[1]; m0[o2 + y + 66u] = sum1_0[2]; m0[o2 + y + 67u] = sum1_0[3];
  m0[o2 + y + 128u] = sum2_0[0]; m0[o2 + y + 129u] = sum2_0[1]; m0[o2 + y + 130u] = sum2_0[2]; m0[o2 + y + 131u] = sum2_0[3];
  m0[o2 + y + 192u] = sum3_0[0]; m0[o2 + y + 193u] = sum3_0[1]; m0[o2 + y + 194u] = sum3_0[2]; m0[o2 + y + 195u] = sum3_0[3];
}
// select+sum+sub
@group(0) @binding(0) var<storage, read_write> m0: array<u32>;
@group(0) @binding(1) var<storage, read> m1: array<f32>;
@group(0) @binding(2) var<storage, read_write> m2: array<f32>;
struct Call { first: u32, folded: u32, infinity: f32, nan: f32, offset: array<vec4<u32>, 2> }
@group(1) @binding(0) var<uniform> call: Call;
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let group = call.first + workgroup.x + workgroup.y * call.folded;
  let o0 = call.offset[0][0];
  let o1 = call.offset[0][1];
  let o2 = call.offset[0][2];
  let o3 = call.offset[0][3];
  let o4 = call.offset[1][0];
  let row = group * 64u + thread;
  if (row < 64u) {
    let i1_0 = i32(row);
    var t3_1: f32;
    var total_2: f32;
    total_2 = 0.0f;
    let base0_3 = i1_0;
    var acc_4: f32 = 0.0f;
    for (var r0_5 = 0i; r0_5 < 64i; r0_5 += 1i) {
      let x1_6 = (m0[o0 + u32((base0_3 + (r0_5 * 64i)))] != 0u);
      let x2_7 = bitcast<f32>(m0[o1 + u32((base0_3 + (r0_5 * 64i)))]);
      t3_1 = select(x2_7, 0.0f, x1_6);
      m0[o3 + u32((base0_3 + (r0_5 * 64i)))] = bitcast<u32>(t3_1);
      acc_4 = (acc_4 + t3_1);
    }
    let left_8 = total_2;
    let right_9 = acc_4;
    total_2 = (left_8 + right_9);
    let position_10 = i1_0;
    let value_11 = total_2;
    let i0_12 = i1_0;
    let base0_13 = 0i;
    let x1_14 = m1[o2 + u32((base0_13 + i0_12))];
    let x2_15 = value_11;
    let t3_16 = (x2_15 * 0.10000000149011612f);
    let t4_17 = (x1_14 - t3_16);
    m2[o4 + u32((base0_13 + i0_12))] = t4_17;
  }
}
// dot+sub 32 x 64 x 64
@group(0) @binding(0) var<storage, read> m0: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> m1: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> m2: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> m3: array<vec4<f32>>;
struct Call { first: u32, folded: u32, infinity: f32, nan: f32, offset: array<vec4<u32>, 1> }
@group(1) @binding(0) var<uniform> call: Call;
fn finish(batch: u32, row: u32, column: u32, sum: vec4<f32>) {
  let o0 = call.offset[0][0] / 4u;
  let o1 = call.offset[0][1] / 4u;
  let o2 = call.offset[0][2] / 4u;
  let o3 = call.offset[0][3] / 4u;
  let c0 = i32(row);
  let c1 = i32(column);
  let four0 = m2[o2 + u32(c0 * 64i + c1) / 4u];
  var result3: vec4<f32>;
  {
    let position_0 = ((c0 * 64i) + (c1 + 0i));
    let value_1 = sum[0];
    let i0_2 = position_0;
    let base0_3 = 0i;
    let x1_4 = four0[0];
    let x2_5 = value_1;
    let t3_6 = (x2_5 * 0.10000000149011612f);
    let t4_7 = (x1_4 - t3_6);
    result3[0] = t4_7;
  }
  {
    let position_0 = ((c0 * 64i) + (c1 + 1i));
    let value_1 = sum[1];
    let i0_2 = position_0;
    let base0_3 = 0i;
    let x1_4 = four0[1];
    let x2_5 = value_1;
    let t3_6 = (x2_5 * 0.10000000149011612f);
    let t4_7 = (x1_4 - t3_6);
    result3[1] = t4_7;
  }
  {
    let position_0 = ((c0 * 64i) + (c1 + 2i));
    let value_1 = sum[2];
    let i0_2 = position_0;
    let base0_3 = 0i;
    let x1_4 = four0[2];
    let x2_5 = value_1;
    let t3_6 = (x2_5 * 0.10000000149011612f);
    let t4_7 = (x1_4 - t3_6);
    result3[2] = t4_7;
  }
  {
    let position_0 = ((c0 * 64i) + (c1 + 3i));
    let value_1 = sum[3];
    let i0_2 = position_0;
    let base0_3 = 0i;
    let x1_4 = four0[3];
    let x2_5 = value_1;
    let t3_6 = (x2_5 * 0.10000000149011612f);
    let t4_7 = (x1_4 - t3_6);
    result3[3] = t4_7;
  }
  let position = ((batch * 32u + row) * 64u + column) / 4u;
  m3[o3 + position] = result3;
}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let group = call.first + workgroup.x + workgroup.y * call.folded;
  let o0 = call.offset[0][0] / 4u;
  let o1 = call.offset[0][1] / 4u;
  let o2 = call.offset[0][2] / 4u;
  let o3 = call.offset[0][3] / 4u;
  let tile = group % 2u;
  let batch = group / 2u;
  let row = (tile / 2u) * 32u + (thread / 8u) * 4u;
  let column = (tile % 2u) * 32u + (thread % 8u) * 4u;
  if (row >= 32u || column >= 64u) { return; }
  let baseA = 0u;
  let baseB = 0u;
  let row0 = min(row + 0u, 31u);
  let row1 = min(row + 1u, 31u);
  let row2 = min(row + 2u, 31u);
  let row3 = min(row + 3u, 31u);
  let a0 = baseA + row0;
  let a1 = baseA + row1;
  let a2 = baseA + row2;
  let a3 = baseA + row3;
  let column0 = column + 0u;
  let b0 = baseB + column0;
  let column1 = column + 1u;
  let b1 = baseB + column1;
  let column2 = column + 2u;
  let b2 = baseB + column2;
  let column3 = column + 3u;
  let b3 = baseB + column3;
  var sum0_0 = vec4<f32>();
  var sum1_0 = vec4<f32>();
  var sum2_0 = vec4<f32>();
  var sum3_0 = vec4<f32>();
  for (var k = 0u; k < 64u; k += 4u) {
    let left0 = m0[o0 + (a0 + (k + 0u) * 32u) / 4u];
    let left1 = m0[o0 + (a0 + (k + 1u) * 32u) / 4u];
    let left2 = m0[o0 + (a0 + (k + 2u) * 32u) / 4u];
    let left3 = m0[o0 + (a0 + (k + 3u) * 32u) / 4u];
    let right0 = m1[o1 + (b0 + (k + 0u) * 64u) / 4u];
    let right1 = m1[o1 + (b0 + (k + 1u) * 64u) / 4u];
    let right2 = m1[o1 + (b0 + (k + 2u) * 64u) / 4u];
    let right3 = m1[o1 + (b0 + (k + 3u) * 64u) / 4u];
    sum0_0 += left0[0] * right0;
    sum1_0 += left0[1] * right0;
    sum2_0 += left0[2] * right0;
    sum3_0 += left0[3] * right0;
    sum0_0 += left1[0] * right1;
    sum1_0 += left1[1] * right1;
    sum2_0 += left1[2] * right1;
    sum3_0 += left1[3] * right1;
    sum0_0 += left2[0] * right2;
    sum1_0 += left2[1] * right2;
    sum2_0 += left2[2] * right2;
    sum3_0 += left2[3] * right2;
    sum0_0 += left3[0] * right3;
    sum1_0 += left3[1] * right3;
    sum2_0 += left3[2] * right3;
    sum3_0 += left3[3] * right3;
  }
  let y = batch * 2048u + row * 64u + column;
  finish(batch, row, column, sum0_0);
  finish(batch, row + 1u, column, sum1_0);
  finish(batch, row + 2u, column, sum2_0);
  finish(batch, row + 3u, column, sum3_0);
}
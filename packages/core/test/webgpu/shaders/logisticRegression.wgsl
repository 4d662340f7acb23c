// 3 dispatches a call, 3 shaders

// dot
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
  let row = group * 64u + thread;
  if (row < 1000u) {
    let i0_0 = i32(row);
    var k0_1: i32;
    var sum_2: f32 = 0.0f;
    for (var k_3 = 0i; k_3 < 10i; k_3 += 1i) {
      k0_1 = k_3;
      sum_2 = (sum_2 + (m0[o0 + u32(((i0_0 * 10i) + k0_1))] * m1[o1 + u32(k0_1)]));
    }
    m2[o2 + u32(i0_0)] = sum_2;
  }
}
// sum+sub
enable subgroups;
requires subgroup_id;
@group(0) @binding(0) var<storage, read> m0: array<f32>;
@group(0) @binding(1) var<storage, read_write> m1: array<f32>;
@group(0) @binding(2) var<storage, read_write> m2: array<f32>;
struct Call { first: u32, folded: u32, infinity: f32, nan: f32, offset: array<vec4<u32>, 1> }
@group(1) @binding(0) var<uniform> call: Call;
var<workgroup> part0_32: array<f32, 84>;
fn isNan(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u; }
fn maximum(a: f32, b: f32) -> f32 {
  let larger = select(select(b, a, a > b), bitcast<f32>(bitcast<u32>(a) & bitcast<u32>(b)), a == b);
  return select(select(larger, b, isNan(b)), a, isNan(a));
}
fn minimum(a: f32, b: f32) -> f32 {
  let smaller = select(select(b, a, a < b), bitcast<f32>(bitcast<u32>(a) | bitcast<u32>(b)), a == b);
  return select(select(smaller, b, isNan(b)), a, isNan(a));
}
fn opaque(x: f32) -> f32 { return bitcast<f32>(bitcast<u32>(x) ^ bitcast<u32>(call.infinity) ^ 0x7f800000u); }
fn pow2(k: f32) -> f32 { return bitcast<f32>(bitcast<u32>(k + 12583039.0) << 23u); }
fn exponent(x: f32) -> f32 { return f32(i32((bitcast<u32>(x) >> 23u) & 0xffu) - 127); }
fn mantissa(x: f32) -> f32 { return bitcast<f32>((bitcast<u32>(x) & 0x7fffffu) | 0x3f800000u); }
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(subgroup_invocation_id) lane: u32, @builtin(subgroup_id) team: u32) {
  let thread = team * 4u + lane;
  let group = call.first + workgroup.x + workgroup.y * call.folded;
  let o0 = call.offset[0][0];
  let o1 = call.offset[0][1];
  let o2 = call.offset[0][2];
  let o3 = call.offset[0][3];
  let row = group;
  {
    var t25_0: f32;
    var total_1: f32;
    let base0_2 = 0i;
    total_1 = 0.0f;
    var acc_3: f32 = 0.0f;
    for (var r0_4 = i32(thread); r0_4 < 1000i; r0_4 += 256i) {
      let x1_5 = m0[o0 + u32((base0_2 + r0_4))];
      let x2_6 = m1[o1 + u32((base0_2 + r0_4))];
      let t3_7 = (x1_5 * x2_6);
      let t4_8 = maximum((-abs(x2_6)), (-107.0f));
      let t5_9 = round((t4_8 * 1.4426950216293335f));
      let t6_10 = (t4_8 - (t5_9 * 0.693145751953125f));
      let t7_11 = (t5_9 * (-0.000001428606765330187f));
      let t8_12 = (t6_10 + t7_11);
      let t9_13 = (1.0f + t6_10);
      let t10_14 = (t6_10 - (opaque(t9_13) - 1.0f));
      let t11_15 = floor((t5_9 * 0.5f));
      let t12_16 = (((t9_13 + (t10_14 + (t7_11 + ((t8_12 * t8_12) * (0.4999999403953552f + (t8_12 * (0.1666651964187622f + (t8_12 * (0.0 ...
      let t13_17 = (1.0f + t12_16);
      let t14_18 = (opaque(t13_17) - 1.0f);
      let t15_19 = ((1.0f - (t13_17 - opaque(t14_18))) + (t12_16 - t14_18));
      let t16_20 = mantissa(t13_17);
      let t17_21 = (t16_20 > 1.4142135381698608f);
      let t18_22 = ((exponent(t13_17) + opaque(0.0f)) + select(0.0f, 1.0f, t17_21));
      let t19_23 = (t16_20 * select(1.0f, 0.5f, t17_21));
      let t20_24 = ((t19_23 - 1.0f) + (t15_19 * pow2((-minimum(t18_22, 100.0f)))));
      let t21_25 = (t20_24 / (2.0f + t20_24));
      let t22_26 = (t21_25 * t21_25);
      let t23_27 = (opaque((0.5f * t20_24)) * t20_24);
      let t24_28 = (maximum(x2_6, 0.0f) + ((t18_22 * 0.693145751953125f) - ((t23_27 - ((t21_25 * (t23_27 + (t22_26 * (0.6666677594184875 ...
      t25_0 = (t3_7 - t24_28);
      let t26_29 = select(1.0f, t12_16, (x2_6 < 0.0f));
      let t27_30 = (t26_29 - (t26_29 * (t12_16 / (1.0f + t12_16))));
      let t28_31 = (x1_5 - t27_30);
      m1[o3 + u32((base0_2 + r0_4))] = t28_31;
      acc_3 = (acc_3 + t25_0);
    }
    for (var apart = 2u; apart > 0u; apart /= 2u) {
      let other0 = subgroupShuffleXor(acc_3, apart);
      let next_33 = (acc_3 + other0);
      acc_3 = next_33;
    }
    if (lane == 0u && team < 64u) { part0_32[0u + team] = acc_3; }
    workgroupBarrier();
    acc_3 = part0_32[0u + thread % 64u];
    for (var apart = 2u; apart > 0u; apart /= 2u) {
      let other0 = subgroupShuffleXor(acc_3, apart);
      let next_34 = (acc_3 + other0);
      acc_3 = next_34;
    }
    if (lane == 0u && team < 16u) { part0_32[64u + team] = acc_3; }
    workgroupBarrier();
    acc_3 = part0_32[64u + thread % 16u];
    for (var apart = 2u; apart > 0u; apart /= 2u) {
      let other0 = subgroupShuffleXor(acc_3, apart);
      let next_35 = (acc_3 + other0);
      acc_3 = next_35;
    }
    if (lane == 0u && team < 4u) { part0_32[80u + team] = acc_3; }
    workgroupBarrier();
    acc_3 = part0_32[80u + thread % 4u];
    for (var apart = 2u; apart > 0u; apart /= 2u) {
      let other0 = subgroupShuffleXor(acc_3, apart);
      let next_36 = (acc_3 + other0);
      acc_3 = next_36;
    }
    acc_3 = subgroupBroadcast(acc_3, 0u);
    workgroupBarrier();
    let left_37 = total_1;
    let right_38 = acc_3;
    total_1 = (left_37 + right_38);
    if (thread == 0u) {
      m2[o2 + 0u] = total_1;
    }
  }
}
// dot
enable subgroups;
requires subgroup_id;
@group(0) @binding(0) var<storage, read> m0: array<f32>;
@group(0) @binding(1) var<storage, read> m1: array<f32>;
@group(0) @binding(2) var<storage, read_write> m2: array<f32>;
struct Call { first: u32, folded: u32, infinity: f32, nan: f32, offset: array<vec4<u32>, 1> }
@group(1) @binding(0) var<uniform> call: Call;
var<workgroup> part0_4: array<f32, 84>;
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(subgroup_invocation_id) lane: u32, @builtin(subgroup_id) team: u32) {
  let thread = team * 4u + lane;
  let group = call.first + workgroup.x + workgroup.y * call.folded;
  let o0 = call.offset[0][0];
  let o1 = call.offset[0][1];
  let o2 = call.offset[0][2];
  let row = group;
  {
    let i0_0 = i32(row);
    var k0_1: i32;
    var sum_2: f32 = 0.0f;
    for (var k_3 = i32(thread); k_3 < 1000i; k_3 += 256i) {
      k0_1 = k_3;
      sum_2 = (sum_2 + (m0[o0 + u32((i0_0 + (k0_1 * 10i)))] * m1[o1 + u32(k0_1)]));
    }
    for (var apart = 2u; apart > 0u; apart /= 2u) {
      let other0 = subgroupShuffleXor(sum_2, apart);
      let next_5 = (sum_2 + other0);
      sum_2 = next_5;
    }
    if (lane == 0u && team < 64u) { part0_4[0u + team] = sum_2; }
    workgroupBarrier();
    sum_2 = part0_4[0u + thread % 64u];
    for (var apart = 2u; apart > 0u; apart /= 2u) {
      let other0 = subgroupShuffleXor(sum_2, apart);
      let next_6 = (sum_2 + other0);
      sum_2 = next_6;
    }
    if (lane == 0u && team < 16u) { part0_4[64u + team] = sum_2; }
    workgroupBarrier();
    sum_2 = part0_4[64u + thread % 16u];
    for (var apart = 2u; apart > 0u; apart /= 2u) {
      let other0 = subgroupShuffleXor(sum_2, apart);
      let next_7 = (sum_2 + other0);
      sum_2 = next_7;
    }
    if (lane == 0u && team < 4u) { part0_4[80u + team] = sum_2; }
    workgroupBarrier();
    sum_2 = part0_4[80u + thread % 4u];
    for (var apart = 2u; apart > 0u; apart /= 2u) {
      let other0 = subgroupShuffleXor(sum_2, apart);
      let next_8 = (sum_2 + other0);
      sum_2 = next_8;
    }
    sum_2 = subgroupBroadcast(sum_2, 0u);
    workgroupBarrier();
    if (thread == 0u) {
      m2[o2 + u32(i0_0)] = sum_2;
    }
  }
}
// 1 dispatches a call, 1 shaders

// reduceMax+exp+sum+div
enable subgroups;
requires subgroup_id;
@group(0) @binding(0) var<storage, read> m0: array<f32>;
@group(0) @binding(1) var<storage, read_write> m1: array<f32>;
struct Call { first: u32, folded: u32, infinity: f32, nan: f32, offset: array<vec4<u32>, 2> }
@group(1) @binding(0) var<uniform> call: Call;
var<workgroup> s2: array<f32, 1>;
var<workgroup> s3: array<f32, 100>;
var<workgroup> s4: array<f32, 1>;
var<workgroup> part0_8: array<f32, 42>;
var<workgroup> part0_27: array<f32, 42>;
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
@compute @workgroup_size(128)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(subgroup_invocation_id) lane: u32, @builtin(subgroup_id) team: u32) {
  let thread = team * 4u + lane;
  let group = call.first + workgroup.x + workgroup.y * call.folded;
  let o0 = call.offset[0][0];
  let o1 = call.offset[0][1];
  let o2 = call.offset[0][2];
  let o3 = call.offset[0][3];
  let o4 = call.offset[1][0];
  let row = group;
  {
    let row0_0 = i32(row);
    var x1_1: f32;
    var total_2: f32;
    var t11_3: f32;
    var total_4: f32;
    total_2 = (-call.infinity);
    let base0_5 = (row0_0 * 100i);
    var acc_6: f32 = (-call.infinity);
    for (var r0_7 = i32(thread); r0_7 < 100i; r0_7 += 128i) {
      x1_1 = m0[o0 + u32((base0_5 + r0_7))];
      acc_6 = maximum(acc_6, x1_1);
    }
    for (var apart = 2u; apart > 0u; apart /= 2u) {
      let other0 = subgroupShuffleXor(acc_6, apart);
      let next_9 = maximum(acc_6, other0);
      acc_6 = next_9;
    }
    if (lane == 0u && team < 32u) { part0_8[0u + team] = acc_6; }
    workgroupBarrier();
    acc_6 = part0_8[0u + thread % 32u];
    for (var apart = 2u; apart > 0u; apart /= 2u) {
      let other0 = subgroupShuffleXor(acc_6, apart);
      let next_10 = maximum(acc_6, other0);
      acc_6 = next_10;
    }
    if (lane == 0u && team < 8u) { part0_8[32u + team] = acc_6; }
    workgroupBarrier();
    acc_6 = part0_8[32u + thread % 8u];
    for (var apart = 2u; apart > 0u; apart /= 2u) {
      let other0 = subgroupShuffleXor(acc_6, apart);
      let next_11 = maximum(acc_6, other0);
      acc_6 = next_11;
    }
    if (lane == 0u && team < 2u) { part0_8[40u + team] = acc_6; }
    workgroupBarrier();
    acc_6 = part0_8[40u + thread % 2u];
    for (var apart = 1u; apart > 0u; apart /= 2u) {
      let other0 = subgroupShuffleXor(acc_6, apart);
      let next_12 = maximum(acc_6, other0);
      acc_6 = next_12;
    }
    acc_6 = subgroupBroadcast(acc_6, 0u);
    workgroupBarrier();
    let left_13 = total_2;
    let right_14 = acc_6;
    total_2 = maximum(left_13, right_14);
    if (thread == 0u) {
      s2[0u] = total_2;
    }
    workgroupBarrier();
    total_4 = 0.0f;
    let base2_15 = (row0_0 * 100i);
    let base4_16 = 0i;
    let base12_17 = 0i;
    var acc_18: f32 = 0.0f;
    for (var r0_19 = i32(thread); r0_19 < 100i; r0_19 += 128i) {
      let x3_20 = m0[o0 + u32((base2_15 + r0_19))];
      let x5_21 = s2[u32(base4_16)];
      let t6_22 = (x3_20 - x5_21);
      let t7_23 = minimum(maximum(t6_22, (-107.0f)), 91.0f);
      let t8_24 = round((t7_23 * 1.4426950216293335f));
      let t9_25 = ((t7_23 - (t8_24 * 0.693145751953125f)) - (t8_24 * 0.000001428606765330187f));
      let t10_26 = floor((t8_24 * 0.5f));
      t11_3 = (((1.0f + (t9_25 + ((t9_25 * t9_25) * (0.4999999403953552f + (t9_25 * (0.1666651964187622f + (t9_25 * (0.04166840761899948 ...
      s3[u32((base12_17 + r0_19))] = t11_3;
      acc_18 = (acc_18 + t11_3);
    }
    for (var apart = 2u; apart > 0u; apart /= 2u) {
      let other0 = subgroupShuffleXor(acc_18, apart);
      let next_28 = (acc_18 + other0);
      acc_18 = next_28;
    }
    if (lane == 0u && team < 32u) { part0_27[0u + team] = acc_18; }
    workgroupBarrier();
    acc_18 = part0_27[0u + thread % 32u];
    for (var apart = 2u; apart > 0u; apart /= 2u) {
      let other0 = subgroupShuffleXor(acc_18, apart);
      let next_29 = (acc_18 + other0);
      acc_18 = next_29;
    }
    if (lane == 0u && team < 8u) { part0_27[32u + team] = acc_18; }
    workgroupBarrier();
    acc_18 = part0_27[32u + thread % 8u];
    for (var apart = 2u; apart > 0u; apart /= 2u) {
      let other0 = subgroupShuffleXor(acc_18, apart);
      let next_30 = (acc_18 + other0);
      acc_18 = next_30;
    }
    if (lane == 0u && team < 2u) { part0_27[40u + team] = acc_18; }
    workgroupBarrier();
    acc_18 = part0_27[40u + thread % 2u];
    for (var apart = 1u; apart > 0u; apart /= 2u) {
      let other0 = subgroupShuffleXor(acc_18, apart);
      let next_31 = (acc_18 + other0);
      acc_18 = next_31;
    }
    acc_18 = subgroupBroadcast(acc_18, 0u);
    workgroupBarrier();
    workgroupBarrier();
    let left_32 = total_4;
    let right_33 = acc_18;
    total_4 = (left_32 + right_33);
    if (thread == 0u) {
      s4[0u] = total_4;
    }
    workgroupBarrier();
    let base13_34 = 0i;
    let base15_35 = 0i;
    let base18_36 = (row0_0 * 100i);
    for (var i0_37 = i32(thread); i0_37 < 100i; i0_37 += 128i) {
      let x14_38 = s3[u32((base13_34 + i0_37))];
      let x16_39 = s4[u32(base15_35)];
      let t17_40 = (x14_38 / x16_39);
      m1[o1 + u32((base18_36 + i0_37))] = t17_40;
    }
    workgroupBarrier();
  }
}
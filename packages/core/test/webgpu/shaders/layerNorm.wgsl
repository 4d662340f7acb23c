// 1 dispatches a call, 1 shaders

// sum+div+sub+sqrt
enable subgroups;
requires subgroup_id;
@group(0) @binding(0) var<storage, read> m0: array<f32>;
@group(0) @binding(1) var<storage, read> m1: array<f32>;
@group(0) @binding(2) var<storage, read> m2: array<f32>;
@group(0) @binding(3) var<storage, read_write> m3: array<f32>;
struct Call { first: u32, folded: u32, infinity: f32, nan: f32, offset: array<vec4<u32>, 3> }
@group(1) @binding(0) var<uniform> call: Call;
var<workgroup> s4: array<f32, 1>;
var<workgroup> s5: array<f32, 1>;
var<workgroup> s7: array<f32, 100>;
var<workgroup> s6: array<f32, 1>;
var<workgroup> s8: array<f32, 1>;
var<workgroup> part0_8: array<f32, 42>;
var<workgroup> part0_26: array<f32, 42>;
@compute @workgroup_size(128)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(subgroup_invocation_id) lane: u32, @builtin(subgroup_id) team: u32) {
  let thread = team * 4u + lane;
  let group = call.first + workgroup.x + workgroup.y * call.folded;
  let o0 = call.offset[0][0];
  let o1 = call.offset[0][1];
  let o2 = call.offset[0][2];
  let o3 = call.offset[0][3];
  let o4 = call.offset[1][0];
  let o5 = call.offset[1][1];
  let o6 = call.offset[1][2];
  let o7 = call.offset[1][3];
  let o8 = call.offset[2][0];
  let row = group;
  {
    let row0_0 = i32(row);
    var x1_1: f32;
    var total_2: f32;
    var t11_3: f32;
    var total_4: f32;
    total_2 = 0.0f;
    let base0_5 = (row0_0 * 100i);
    var acc_6: f32 = 0.0f;
    for (var r0_7 = i32(thread); r0_7 < 100i; r0_7 += 128i) {
      x1_1 = m0[o0 + u32((base0_5 + r0_7))];
      acc_6 = (acc_6 + x1_1);
    }
    for (var apart = 2u; apart > 0u; apart /= 2u) {
      let other0 = subgroupShuffleXor(acc_6, apart);
      let next_9 = (acc_6 + other0);
      acc_6 = next_9;
    }
    if (lane == 0u && team < 32u) { part0_8[0u + team] = acc_6; }
    workgroupBarrier();
    acc_6 = part0_8[0u + thread % 32u];
    for (var apart = 2u; apart > 0u; apart /= 2u) {
      let other0 = subgroupShuffleXor(acc_6, apart);
      let next_10 = (acc_6 + other0);
      acc_6 = next_10;
    }
    if (lane == 0u && team < 8u) { part0_8[32u + team] = acc_6; }
    workgroupBarrier();
    acc_6 = part0_8[32u + thread % 8u];
    for (var apart = 2u; apart > 0u; apart /= 2u) {
      let other0 = subgroupShuffleXor(acc_6, apart);
      let next_11 = (acc_6 + other0);
      acc_6 = next_11;
    }
    if (lane == 0u && team < 2u) { part0_8[40u + team] = acc_6; }
    workgroupBarrier();
    acc_6 = part0_8[40u + thread % 2u];
    for (var apart = 1u; apart > 0u; apart /= 2u) {
      let other0 = subgroupShuffleXor(acc_6, apart);
      let next_12 = (acc_6 + other0);
      acc_6 = next_12;
    }
    acc_6 = subgroupBroadcast(acc_6, 0u);
    workgroupBarrier();
    let left_13 = total_2;
    let right_14 = acc_6;
    total_2 = (left_13 + right_14);
    if (thread == 0u) {
      s4[0u] = total_2;
    }
    workgroupBarrier();
    let base2_15 = 0i;
    let x3_16 = s4[u32(base2_15)];
    workgroupBarrier();
    let t4_17 = (x3_16 / 100.0f);
    if (thread == 0u) {
      s5[u32(base2_15)] = t4_17;
    }
    workgroupBarrier();
    total_4 = 0.0f;
    let base5_18 = (row0_0 * 100i);
    let base7_19 = 0i;
    let base10_20 = 0i;
    var acc_21: f32 = 0.0f;
    for (var r0_22 = i32(thread); r0_22 < 100i; r0_22 += 128i) {
      let x6_23 = m0[o0 + u32((base5_18 + r0_22))];
      let x8_24 = s5[u32(base7_19)];
      let t9_25 = (x6_23 - x8_24);
      s7[u32((base10_20 + r0_22))] = t9_25;
      t11_3 = (t9_25 * t9_25);
      acc_21 = (acc_21 + t11_3);
    }
    for (var apart = 2u; apart > 0u; apart /= 2u) {
      let other0 = subgroupShuffleXor(acc_21, apart);
      let next_27 = (acc_21 + other0);
      acc_21 = next_27;
    }
    if (lane == 0u && team < 32u) { part0_26[0u + team] = acc_21; }
    workgroupBarrier();
    acc_21 = part0_26[0u + thread % 32u];
    for (var apart = 2u; apart > 0u; apart /= 2u) {
      let other0 = subgroupShuffleXor(acc_21, apart);
      let next_28 = (acc_21 + other0);
      acc_21 = next_28;
    }
    if (lane == 0u && team < 8u) { part0_26[32u + team] = acc_21; }
    workgroupBarrier();
    acc_21 = part0_26[32u + thread % 8u];
    for (var apart = 2u; apart > 0u; apart /= 2u) {
      let other0 = subgroupShuffleXor(acc_21, apart);
      let next_29 = (acc_21 + other0);
      acc_21 = next_29;
    }
    if (lane == 0u && team < 2u) { part0_26[40u + team] = acc_21; }
    workgroupBarrier();
    acc_21 = part0_26[40u + thread % 2u];
    for (var apart = 1u; apart > 0u; apart /= 2u) {
      let other0 = subgroupShuffleXor(acc_21, apart);
      let next_30 = (acc_21 + other0);
      acc_21 = next_30;
    }
    acc_21 = subgroupBroadcast(acc_21, 0u);
    workgroupBarrier();
    workgroupBarrier();
    let left_31 = total_4;
    let right_32 = acc_21;
    total_4 = (left_31 + right_32);
    if (thread == 0u) {
      s6[0u] = total_4;
    }
    workgroupBarrier();
    let base12_33 = 0i;
    let x13_34 = s6[u32(base12_33)];
    workgroupBarrier();
    let t14_35 = (x13_34 / 100.0f);
    let t15_36 = (t14_35 + 0.000009999999747378752f);
    let t16_37 = sqrt(t15_36);
    if (thread == 0u) {
      s8[u32(base12_33)] = t16_37;
    }
    workgroupBarrier();
    let base17_38 = 0i;
    let base19_39 = 0i;
    let base26_40 = (row0_0 * 100i);
    for (var i0_41 = i32(thread); i0_41 < 100i; i0_41 += 128i) {
      let x18_42 = s7[u32((base17_38 + i0_41))];
      let x20_43 = s8[u32(base19_39)];
      let t21_44 = (x18_42 / x20_43);
      let x22_45 = m1[o1 + u32((base17_38 + i0_41))];
      let t23_46 = (t21_44 * x22_45);
      let x24_47 = m2[o2 + u32((base17_38 + i0_41))];
      let t25_48 = (t23_46 + x24_47);
      m3[o3 + u32((base26_40 + i0_41))] = t25_48;
    }
    workgroupBarrier();
  }
}
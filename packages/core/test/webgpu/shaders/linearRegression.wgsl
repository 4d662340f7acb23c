// 1 dispatches a call, 1 shaders

// sub+sum+neg
enable subgroups;
requires subgroup_id;
@group(0) @binding(0) var<storage, read> m0: array<f32>;
@group(0) @binding(1) var<storage, read> m1: array<f32>;
@group(0) @binding(2) var<storage, read> m2: array<f32>;
@group(0) @binding(3) var<storage, read> m3: array<f32>;
@group(0) @binding(4) var<storage, read_write> m4: array<f32>;
@group(0) @binding(5) var<storage, read_write> m5: array<f32>;
@group(0) @binding(6) var<storage, read_write> m6: array<f32>;
struct Call { first: u32, folded: u32, infinity: f32, nan: f32, offset: array<vec4<u32>, 2> }
@group(1) @binding(0) var<uniform> call: Call;
var<workgroup> part0_23: array<f32, 84>;
var<workgroup> part1_23: array<f32, 84>;
var<workgroup> part2_23: array<f32, 84>;
@compute @workgroup_size(256)
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
  let row = group;
  {
    var t9_0: f32;
    var t11_1: f32;
    var t12_2: f32;
    var total_3: f32;
    var total_4: f32;
    var total_5: f32;
    let base0_6 = 0i;
    let base2_7 = 0i;
    total_3 = 0.0f;
    total_4 = 0.0f;
    total_5 = 0.0f;
    var acc_8: f32 = 0.0f;
    var acc_9: f32 = 0.0f;
    var acc_10: f32 = 0.0f;
    for (var r0_11 = i32(thread); r0_11 < 1000i; r0_11 += 256i) {
      let x1_12 = m0[o0 + u32((base0_6 + r0_11))];
      let x3_13 = m1[o1 + u32(base2_7)];
      let x4_14 = m2[o2 + u32(base2_7)];
      let x5_15 = m3[o3 + u32((base0_6 + r0_11))];
      let t6_16 = (x4_14 * x5_15);
      let t7_17 = (x3_13 + t6_16);
      let t8_18 = (x1_12 - t7_17);
      t9_0 = (t8_18 * t8_18);
      let t10_19 = (t8_18 + t8_18);
      t11_1 = (-t10_19);
      t12_2 = (t11_1 * x5_15);
      let next_20 = (acc_8 + t9_0);
      let next_21 = (acc_9 + t11_1);
      let next_22 = (acc_10 + t12_2);
      acc_8 = next_20;
      acc_9 = next_21;
      acc_10 = next_22;
    }
    for (var apart = 2u; apart > 0u; apart /= 2u) {
      let other0 = subgroupShuffleXor(acc_8, apart);
      let other1 = subgroupShuffleXor(acc_9, apart);
      let other2 = subgroupShuffleXor(acc_10, apart);
      let next_24 = (acc_8 + other0);
      let next_25 = (acc_9 + other1);
      let next_26 = (acc_10 + other2);
      acc_8 = next_24;
      acc_9 = next_25;
      acc_10 = next_26;
    }
    if (lane == 0u && team < 64u) { part0_23[0u + team] = acc_8; part1_23[0u + team] = acc_9; part2_23[0u + team] = acc_10; }
    workgroupBarrier();
    acc_8 = part0_23[0u + thread % 64u];
    acc_9 = part1_23[0u + thread % 64u];
    acc_10 = part2_23[0u + thread % 64u];
    for (var apart = 2u; apart > 0u; apart /= 2u) {
      let other0 = subgroupShuffleXor(acc_8, apart);
      let other1 = subgroupShuffleXor(acc_9, apart);
      let other2 = subgroupShuffleXor(acc_10, apart);
      let next_27 = (acc_8 + other0);
      let next_28 = (acc_9 + other1);
      let next_29 = (acc_10 + other2);
      acc_8 = next_27;
      acc_9 = next_28;
      acc_10 = next_29;
    }
    if (lane == 0u && team < 16u) { part0_23[64u + team] = acc_8; part1_23[64u + team] = acc_9; part2_23[64u + team] = acc_10; }
    workgroupBarrier();
    acc_8 = part0_23[64u + thread % 16u];
    acc_9 = part1_23[64u + thread % 16u];
    acc_10 = part2_23[64u + thread % 16u];
    for (var apart = 2u; apart > 0u; apart /= 2u) {
      let other0 = subgroupShuffleXor(acc_8, apart);
      let other1 = subgroupShuffleXor(acc_9, apart);
      let other2 = subgroupShuffleXor(acc_10, apart);
      let next_30 = (acc_8 + other0);
      let next_31 = (acc_9 + other1);
      let next_32 = (acc_10 + other2);
      acc_8 = next_30;
      acc_9 = next_31;
      acc_10 = next_32;
    }
    if (lane == 0u && team < 4u) { part0_23[80u + team] = acc_8; part1_23[80u + team] = acc_9; part2_23[80u + team] = acc_10; }
    workgroupBarrier();
    acc_8 = part0_23[80u + thread % 4u];
    acc_9 = part1_23[80u + thread % 4u];
    acc_10 = part2_23[80u + thread % 4u];
    for (var apart = 2u; apart > 0u; apart /= 2u) {
      let other0 = subgroupShuffleXor(acc_8, apart);
      let other1 = subgroupShuffleXor(acc_9, apart);
      let other2 = subgroupShuffleXor(acc_10, apart);
      let next_33 = (acc_8 + other0);
      let next_34 = (acc_9 + other1);
      let next_35 = (acc_10 + other2);
      acc_8 = next_33;
      acc_9 = next_34;
      acc_10 = next_35;
    }
    acc_8 = subgroupBroadcast(acc_8, 0u);
    acc_9 = subgroupBroadcast(acc_9, 0u);
    acc_10 = subgroupBroadcast(acc_10, 0u);
    workgroupBarrier();
    let left_36 = total_3;
    let right_37 = acc_8;
    total_3 = (left_36 + right_37);
    let left_38 = total_4;
    let right_39 = acc_9;
    total_4 = (left_38 + right_39);
    let left_40 = total_5;
    let right_41 = acc_10;
    total_5 = (left_40 + right_41);
    if (thread == 0u) {
      m4[o4 + 0u] = total_3;
    }
    if (thread == 0u) {
      m5[o5 + 0u] = total_4;
    }
    if (thread == 0u) {
      m6[o6 + 0u] = total_5;
    }
  }
}
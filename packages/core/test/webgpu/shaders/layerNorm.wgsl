// 1 dispatches a call, 1 shaders

// sum+div+sub+sqrt
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
var<workgroup> part_8: array<f32, 128>;
var<workgroup> part_23: array<f32, 128>;
@compute @workgroup_size(128)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
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
    part_8[thread] = acc_6;
    workgroupBarrier();
    for (var half = 64u; half > 0u; half /= 2u) {
      if (thread < half) {
        let next_9 = (part_8[thread] + part_8[thread + half]);
        part_8[thread] = next_9;
      }
      workgroupBarrier();
    }
    acc_6 = workgroupUniformLoad(&part_8[0]);
    let left_10 = total_2;
    let right_11 = acc_6;
    total_2 = (left_10 + right_11);
    if (thread == 0u) {
      s4[0u] = total_2;
    }
    workgroupBarrier();
    let base2_12 = 0i;
    let x3_13 = s4[u32(base2_12)];
    workgroupBarrier();
    let t4_14 = (x3_13 / 100.0f);
    if (thread == 0u) {
      s5[u32(base2_12)] = t4_14;
    }
    workgroupBarrier();
    total_4 = 0.0f;
    let base5_15 = (row0_0 * 100i);
    let base7_16 = 0i;
    let base10_17 = 0i;
    var acc_18: f32 = 0.0f;
    for (var r0_19 = i32(thread); r0_19 < 100i; r0_19 += 128i) {
      let x6_20 = m0[o0 + u32((base5_15 + r0_19))];
      let x8_21 = s5[u32(base7_16)];
      let t9_22 = (x6_20 - x8_21);
      s7[u32((base10_17 + r0_19))] = t9_22;
      t11_3 = (t9_22 * t9_22);
      acc_18 = (acc_18 + t11_3);
    }
    part_23[thread] = acc_18;
    workgroupBarrier();
    for (var half = 64u; half > 0u; half /= 2u) {
      if (thread < half) {
        let next_24 = (part_23[thread] + part_23[thread + half]);
        part_23[thread] = next_24;
      }
      workgroupBarrier();
    }
    acc_18 = workgroupUniformLoad(&part_23[0]);
    workgroupBarrier();
    let left_25 = total_4;
    let right_26 = acc_18;
    total_4 = (left_25 + right_26);
    if (thread == 0u) {
      s6[0u] = total_4;
    }
    workgroupBarrier();
    let base12_27 = 0i;
    let x13_28 = s6[u32(base12_27)];
    workgroupBarrier();
    let t14_29 = (x13_28 / 100.0f);
    let t15_30 = (t14_29 + 0.000009999999747378752f);
    let t16_31 = sqrt(t15_30);
    if (thread == 0u) {
      s8[u32(base12_27)] = t16_31;
    }
    workgroupBarrier();
    let base17_32 = 0i;
    let base19_33 = 0i;
    let base26_34 = (row0_0 * 100i);
    for (var i0_35 = i32(thread); i0_35 < 100i; i0_35 += 128i) {
      let x18_36 = s7[u32((base17_32 + i0_35))];
      let x20_37 = s8[u32(base19_33)];
      let t21_38 = (x18_36 / x20_37);
      let x22_39 = m1[o1 + u32((base17_32 + i0_35))];
      let t23_40 = (t21_38 * x22_39);
      let x24_41 = m2[o2 + u32((base17_32 + i0_35))];
      let t25_42 = (t23_40 + x24_41);
      m3[o3 + u32((base26_34 + i0_35))] = t25_42;
    }
    workgroupBarrier();
  }
}
// 1 dispatches a call, 1 shaders

// reduceMax+exp+sum+div
@group(0) @binding(0) var<storage, read> m0: array<f32>;
@group(0) @binding(1) var<storage, read_write> m1: array<f32>;
struct Call { first: u32, folded: u32, infinity: f32, nan: f32, offset: array<vec4<u32>, 2> }
@group(1) @binding(0) var<uniform> call: Call;
var<workgroup> s2: array<f32, 1>;
var<workgroup> s3: array<f32, 100>;
var<workgroup> s4: array<f32, 1>;
var<workgroup> part_8: array<f32, 128>;
var<workgroup> part_24: array<f32, 128>;
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
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
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
    part_8[thread] = acc_6;
    workgroupBarrier();
    for (var half = 64u; half > 0u; half /= 2u) {
      if (thread < half) {
        let next_9 = maximum(part_8[thread], part_8[thread + half]);
        part_8[thread] = next_9;
      }
      workgroupBarrier();
    }
    acc_6 = workgroupUniformLoad(&part_8[0]);
    let left_10 = total_2;
    let right_11 = acc_6;
    total_2 = maximum(left_10, right_11);
    if (thread == 0u) {
      s2[0u] = total_2;
    }
    workgroupBarrier();
    total_4 = 0.0f;
    let base2_12 = (row0_0 * 100i);
    let base4_13 = 0i;
    let base12_14 = 0i;
    var acc_15: f32 = 0.0f;
    for (var r0_16 = i32(thread); r0_16 < 100i; r0_16 += 128i) {
      let x3_17 = m0[o0 + u32((base2_12 + r0_16))];
      let x5_18 = s2[u32(base4_13)];
      let t6_19 = (x3_17 - x5_18);
      let t7_20 = minimum(maximum(t6_19, (-107.0f)), 91.0f);
      let t8_21 = round((t7_20 * 1.4426950216293335f));
      let t9_22 = ((t7_20 - (t8_21 * 0.693145751953125f)) - (t8_21 * 0.000001428606765330187f));
      let t10_23 = floor((t8_21 * 0.5f));
      t11_3 = (((1.0f + (t9_22 + ((t9_22 * t9_22) * (0.4999999403953552f + (t9_22 * (0.1666651964187622f + (t9_22 * (0.04166840761899948 ...
      s3[u32((base12_14 + r0_16))] = t11_3;
      acc_15 = (acc_15 + t11_3);
    }
    part_24[thread] = acc_15;
    workgroupBarrier();
    for (var half = 64u; half > 0u; half /= 2u) {
      if (thread < half) {
        let next_25 = (part_24[thread] + part_24[thread + half]);
        part_24[thread] = next_25;
      }
      workgroupBarrier();
    }
    acc_15 = workgroupUniformLoad(&part_24[0]);
    workgroupBarrier();
    let left_26 = total_4;
    let right_27 = acc_15;
    total_4 = (left_26 + right_27);
    if (thread == 0u) {
      s4[0u] = total_4;
    }
    workgroupBarrier();
    let base13_28 = 0i;
    let base15_29 = 0i;
    let base18_30 = (row0_0 * 100i);
    for (var i0_31 = i32(thread); i0_31 < 100i; i0_31 += 128i) {
      let x14_32 = s3[u32((base13_28 + i0_31))];
      let x16_33 = s4[u32(base15_29)];
      let t17_34 = (x14_32 / x16_33);
      m1[o1 + u32((base18_30 + i0_31))] = t17_34;
    }
    workgroupBarrier();
  }
}
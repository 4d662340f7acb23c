// 3 dispatches a call, 3 shaders

// dot 16 x 32 x 256
@group(0) @binding(0) var<storage, read> m0: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> m1: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> m2: array<vec4<f32>>;
struct Call { first: u32, folded: u32, infinity: f32, nan: f32, offset: array<vec4<u32>, 1> }
@group(1) @binding(0) var<uniform> call: Call;
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let group = call.first + workgroup.x + workgroup.y * call.folded;
  let o0 = call.offset[0][0] / 4u;
  let o1 = call.offset[0][1] / 4u;
  let o2 = call.offset[0][2] / 4u;
  let tile = group % 8u;
  let batch = group / 8u;
  let row = (tile / 8u) * 32u + (thread / 8u) * 4u;
  let column = (tile % 8u) * 32u + (thread % 8u) * 4u;
  if (row >= 16u || column >= 256u) { return; }
  let baseA = 0u;
  let baseB = 0u;
  let row0 = min(row + 0u, 15u);
  let row1 = min(row + 1u, 15u);
  let row2 = min(row + 2u, 15u);
  let row3 = min(row + 3u, 15u);
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
    let right0 = m1[o1 + (b0 + (k + 0u) * 256u) / 4u];
    let right1 = m1[o1 + (b0 + (k + 1u) * 256u) / 4u];
    let right2 = m1[o1 + (b0 + (k + 2u) * 256u) / 4u];
    let right3 = m1[o1 + (b0 + (k + 3u) * 256u) / 4u];
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
  let y = batch * 4096u + row * 256u + column;
  m2[o2 + (y) / 4u] = sum0_0;
  m2[o2 + (y + 256u) / 4u] = sum1_0;
  m2[o2 + (y + 512u) / 4u] = sum2_0;
  m2[o2 + (y + 768u) / 4u] = sum3_0;
}
// dot 16 x 64 x 256
@group(0) @binding(0) var<storage, read> m0: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> m1: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> m2: array<vec4<f32>>;
struct Call { first: u32, folded: u32, infinity: f32, nan: f32, offset: array<vec4<u32>, 1> }
@group(1) @binding(0) var<uniform> call: Call;
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let group = call.first + workgroup.x + workgroup.y * call.folded;
  let o0 = call.offset[0][0] / 4u;
  let o1 = call.offset[0][1] / 4u;
  let o2 = call.offset[0][2] / 4u;
  let tile = group % 8u;
  let batch = group / 8u;
  let row = (tile / 8u) * 32u + (thread / 8u) * 4u;
  let column = (tile % 8u) * 32u + (thread % 8u) * 4u;
  if (row >= 16u || column >= 256u) { return; }
  let baseA = 0u;
  let baseB = 0u;
  let row0 = min(row + 0u, 15u);
  let row1 = min(row + 1u, 15u);
  let row2 = min(row + 2u, 15u);
  let row3 = min(row + 3u, 15u);
  let a0 = baseA + row0 * 64u;
  let a1 = baseA + row1 * 64u;
  let a2 = baseA + row2 * 64u;
  let a3 = baseA + row3 * 64u;
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
    let left0 = m0[o0 + (a0 + k) / 4u];
    let left1 = m0[o0 + (a1 + k) / 4u];
    let left2 = m0[o0 + (a2 + k) / 4u];
    let left3 = m0[o0 + (a3 + k) / 4u];
    let right0 = m1[o1 + (b0 + (k + 0u) * 256u) / 4u];
    let right1 = m1[o1 + (b0 + (k + 1u) * 256u) / 4u];
    let right2 = m1[o1 + (b0 + (k + 2u) * 256u) / 4u];
    let right3 = m1[o1 + (b0 + (k + 3u) * 256u) / 4u];
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
  let y = batch * 4096u + row * 256u + column;
  m2[o2 + (y) / 4u] = sum0_0;
  m2[o2 + (y + 256u) / 4u] = sum1_0;
  m2[o2 + (y + 512u) / 4u] = sum2_0;
  m2[o2 + (y + 768u) / 4u] = sum3_0;
}
// add+mul
@group(0) @binding(0) var<storage, read> m0: array<f32>;
@group(0) @binding(1) var<storage, read> m1: array<f32>;
@group(0) @binding(2) var<storage, read> m2: array<f32>;
@group(0) @binding(3) var<storage, read_write> m3: array<f32>;
@group(0) @binding(4) var<storage, read_write> m4: array<f32>;
struct Call { first: u32, folded: u32, infinity: f32, nan: f32, offset: array<vec4<u32>, 2> }
@group(1) @binding(0) var<uniform> call: Call;
var<workgroup> s6: array<f32, 256>;
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
fn copySign(x: f32, like: f32) -> f32 { return bitcast<f32>((bitcast<u32>(x) & 0x7fffffffu) | (bitcast<u32>(like) & 0x80000000u)); }
fn pow2(k: f32) -> f32 { return bitcast<f32>(bitcast<u32>(k + 12583039.0) << 23u); }
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
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
    let row0_0 = i32(row);
    let base0_1 = (row0_0 * 256i);
    let base4_2 = 0i;
    for (var i0_3 = i32(thread); i0_3 < 256i; i0_3 += 256i) {
      let x1_4 = m0[o0 + u32((base0_1 + i0_3))];
      let x2_5 = m0[o1 + u32((base0_1 + i0_3))];
      let t3_6 = (x1_4 + x2_5);
      let x5_7 = m1[o2 + u32((base4_2 + i0_3))];
      let t6_8 = (t3_6 + x5_7);
      s6[u32((base4_2 + i0_3))] = t6_8;
    }
    workgroupBarrier();
    let base7_9 = 64i;
    let base20_10 = (row0_0 * 64i);
    let base23_11 = 0i;
    let base36_12 = 128i;
    let base46_13 = 192i;
    for (var i0_14 = i32(thread); i0_14 < 64i; i0_14 += 256i) {
      let x8_15 = s6[u32((base7_9 + i0_14))];
      let t9_16 = maximum((-abs(x8_15)), (-107.0f));
      let t10_17 = round((t9_16 * 1.4426950216293335f));
      let t11_18 = (t9_16 - (t10_17 * 0.693145751953125f));
      let t12_19 = (t10_17 * (-0.000001428606765330187f));
      let t13_20 = (t11_18 + t12_19);
      let t14_21 = (1.0f + t11_18);
      let t15_22 = (t11_18 - (opaque(t14_21) - 1.0f));
      let t16_23 = floor((t10_17 * 0.5f));
      let t17_24 = (((t14_21 + (t15_22 + (t12_19 + ((t13_20 * t13_20) * (0.4999999403953552f + (t13_20 * (0.1666651964187622f + (t13_20  ...
      let t18_25 = select(1.0f, t17_24, (x8_15 < 0.0f));
      let t19_26 = (t18_25 - (t18_25 * (t17_24 / (1.0f + t17_24))));
      let x21_27 = m2[o3 + u32((base20_10 + i0_14))];
      let t22_28 = (t19_26 * x21_27);
      let x24_29 = s6[u32((base23_11 + i0_14))];
      let t25_30 = maximum((-abs(x24_29)), (-107.0f));
      let t26_31 = round((t25_30 * 1.4426950216293335f));
      let t27_32 = (t25_30 - (t26_31 * 0.693145751953125f));
      let t28_33 = (t26_31 * (-0.000001428606765330187f));
      let t29_34 = (t27_32 + t28_33);
      let t30_35 = (1.0f + t27_32);
      let t31_36 = (t27_32 - (opaque(t30_35) - 1.0f));
      let t32_37 = floor((t26_31 * 0.5f));
      let t33_38 = (((t30_35 + (t31_36 + (t28_33 + ((t29_34 * t29_34) * (0.4999999403953552f + (t29_34 * (0.1666651964187622f + (t29_34  ...
      let t34_39 = select(1.0f, t33_38, (x24_29 < 0.0f));
      let t35_40 = (t34_39 - (t34_39 * (t33_38 / (1.0f + t33_38))));
      let x37_41 = s6[u32((base36_12 + i0_14))];
      let t38_42 = minimum(abs(x37_41), 10.0f);
      let t39_43 = (t38_42 + t38_42);
      let t40_44 = round((t39_43 * 1.4426950216293335f));
      let t41_45 = ((t39_43 - (t40_44 * 0.693145751953125f)) - (t40_44 * 0.000001428606765330187f));
      let t42_46 = (t38_42 * t38_42);
      let t43_47 = copySign(select((1.0f - (2.0f / (((1.0f + (t41_45 + ((t41_45 * t41_45) * (0.4999999403953552f + (t41_45 * (0.16666519 ...
      let t44_48 = (t35_40 * t43_47);
      let t45_49 = (t22_28 + t44_48);
      m3[o4 + u32((base20_10 + i0_14))] = t45_49;
      let x47_50 = s6[u32((base46_13 + i0_14))];
      let t48_51 = maximum((-abs(x47_50)), (-107.0f));
      let t49_52 = round((t48_51 * 1.4426950216293335f));
      let t50_53 = (t48_51 - (t49_52 * 0.693145751953125f));
      let t51_54 = (t49_52 * (-0.000001428606765330187f));
      let t52_55 = (t50_53 + t51_54);
      let t53_56 = (1.0f + t50_53);
      let t54_57 = (t50_53 - (opaque(t53_56) - 1.0f));
      let t55_58 = floor((t49_52 * 0.5f));
      let t56_59 = (((t53_56 + (t54_57 + (t51_54 + ((t52_55 * t52_55) * (0.4999999403953552f + (t52_55 * (0.1666651964187622f + (t52_55  ...
      let t57_60 = select(1.0f, t56_59, (x47_50 < 0.0f));
      let t58_61 = (t57_60 - (t57_60 * (t56_59 / (1.0f + t56_59))));
      let t59_62 = minimum(abs(t45_49), 10.0f);
      let t60_63 = (t59_62 + t59_62);
      let t61_64 = round((t60_63 * 1.4426950216293335f));
      let t62_65 = ((t60_63 - (t61_64 * 0.693145751953125f)) - (t61_64 * 0.000001428606765330187f));
      let t63_66 = (t59_62 * t59_62);
      let t64_67 = copySign(select((1.0f - (2.0f / (((1.0f + (t62_65 + ((t62_65 * t62_65) * (0.4999999403953552f + (t62_65 * (0.16666519 ...
      let t65_68 = (t58_61 * t64_67);
      m4[o5 + u32((base20_10 + i0_14))] = t65_68;
    }
    workgroupBarrier();
  }
}
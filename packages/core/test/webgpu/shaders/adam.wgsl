// 1 dispatches a call, 1 shaders

// add+sub
@group(0) @binding(0) var<storage, read> m0: array<f32>;
@group(0) @binding(1) var<storage, read> m1: array<f32>;
@group(0) @binding(2) var<storage, read> m2: array<f32>;
@group(0) @binding(3) var<storage, read> m3: array<f32>;
@group(0) @binding(4) var<storage, read_write> m4: array<f32>;
@group(0) @binding(5) var<storage, read_write> m5: array<f32>;
@group(0) @binding(6) var<storage, read_write> m6: array<f32>;
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
  let o6 = call.offset[1][2];
  let row = group * 64u + thread;
  if (row < 1000u) {
    let i0_0 = i32(row);
    let base0_1 = 0i;
    let x1_2 = m0[o0 + u32((base0_1 + i0_0))];
    let x2_3 = m1[o1 + u32((base0_1 + i0_0))];
    let t3_4 = (x1_2 - x2_3);
    let t4_5 = (t3_4 + t3_4);
    let x5_6 = m2[o2 + u32((base0_1 + i0_0))];
    let t6_7 = (x5_6 * 0.8999999761581421f);
    let t7_8 = (t4_5 * 0.10000000149011612f);
    let t8_9 = (t6_7 + t7_8);
    m4[o4 + u32((base0_1 + i0_0))] = t8_9;
    let x9_10 = m3[o3 + u32((base0_1 + i0_0))];
    let t10_11 = (x9_10 * 0.9990000128746033f);
    let t11_12 = (t4_5 * t4_5);
    let t12_13 = (t11_12 * 0.0010000000474974513f);
    let t13_14 = (t10_11 + t12_13);
    m5[o5 + u32((base0_1 + i0_0))] = t13_14;
    let t14_15 = (t8_9 * 0.009999999776482582f);
    let t15_16 = (t13_14 * 1000.0f);
    let t16_17 = sqrt(t15_16);
    let t17_18 = (t16_17 + 9.99999993922529e-9f);
    let t18_19 = (t14_15 / t17_18);
    let t19_20 = (x1_2 - t18_19);
    m6[o6 + u32((base0_1 + i0_0))] = t19_20;
  }
}
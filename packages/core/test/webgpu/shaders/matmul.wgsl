// 1 dispatches a call, 1 shaders

// dot 64 x 784 x 256
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
  let tile = group % 16u;
  let batch = group / 16u;
  let row = (tile / 8u) * 32u + (thread / 8u) * 4u;
  let column = (tile % 8u) * 32u + (thread % 8u) * 4u;
  if (row >= 64u || column >= 256u) { return; }
  let baseA = 0u;
  let baseB = 0u;
  let row0 = min(row + 0u, 63u);
  let row1 = min(row + 1u, 63u);
  let row2 = min(row + 2u, 63u);
  let row3 = min(row + 3u, 63u);
  let a0 = baseA + row0 * 784u;
  let a1 = baseA + row1 * 784u;
  let a2 = baseA + row2 * 784u;
  let a3 = baseA + row3 * 784u;
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
  for (var k = 0u; k < 784u; k += 4u) {
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
  let y = batch * 16384u + row * 256u + column;
  m2[o2 + (y) / 4u] = sum0_0;
  m2[o2 + (y + 256u) / 4u] = sum1_0;
  m2[o2 + (y + 512u) / 4u] = sum2_0;
  m2[o2 + (y + 768u) / 4u] = sum3_0;
}
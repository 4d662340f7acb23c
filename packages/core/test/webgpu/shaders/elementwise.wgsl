// 1 dispatches a call, 1 shaders

// mul
@group(0) @binding(0) var<storage, read> m0: array<f32>;
@group(0) @binding(1) var<storage, read> m1: array<f32>;
@group(0) @binding(2) var<storage, read> m2: array<f32>;
@group(0) @binding(3) var<storage, read_write> m3: array<f32>;
struct Call { first: u32, folded: u32, infinity: f32, nan: f32, offset: array<vec4<u32>, 1> }
@group(1) @binding(0) var<uniform> call: Call;
fn isNan(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u; }
fn minimum(a: f32, b: f32) -> f32 {
  let smaller = select(select(b, a, a < b), bitcast<f32>(bitcast<u32>(a) | bitcast<u32>(b)), a == b);
  return select(select(smaller, b, isNan(b)), a, isNan(a));
}
fn copySign(x: f32, like: f32) -> f32 { return bitcast<f32>((bitcast<u32>(x) & 0x7fffffffu) | (bitcast<u32>(like) & 0x80000000u)); }
fn pow2(k: f32) -> f32 { return bitcast<f32>(bitcast<u32>(k + 12583039.0) << 23u); }
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let group = call.first + workgroup.x + workgroup.y * call.folded;
  let o0 = call.offset[0][0];
  let o1 = call.offset[0][1];
  let o2 = call.offset[0][2];
  let o3 = call.offset[0][3];
  let row = group * 64u + thread;
  if (row < 1000u) {
    let i0_0 = i32(row);
    let base0_1 = 0i;
    let x1_2 = m0[o0 + u32((base0_1 + i0_0))];
    let x2_3 = m1[o1 + u32((base0_1 + i0_0))];
    let t3_4 = (x1_2 * x2_3);
    let x4_5 = m2[o2 + u32((base0_1 + i0_0))];
    let t5_6 = (t3_4 + x4_5);
    let t6_7 = minimum(abs(t5_6), 10.0f);
    let t7_8 = (t6_7 + t6_7);
    let t8_9 = round((t7_8 * 1.4426950216293335f));
    let t9_10 = ((t7_8 - (t8_9 * 0.693145751953125f)) - (t8_9 * 0.000001428606765330187f));
    let t10_11 = (t6_7 * t6_7);
    let t11_12 = copySign(select((1.0f - (2.0f / (((1.0f + (t9_10 + ((t9_10 * t9_10) * (0.4999999403953552f + (t9_10 * (0.16666519641876 ...
    let t12_13 = (t11_12 * x1_2);
    m3[o3 + u32((base0_1 + i0_0))] = t12_13;
  }
}
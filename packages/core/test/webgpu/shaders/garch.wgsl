// 2 dispatches a call, 2 shaders

// scan
@group(0) @binding(0) var<storage, read> m0: array<f32>;
@group(0) @binding(1) var<storage, read> m1: array<f32>;
@group(0) @binding(2) var<storage, read> m2: array<f32>;
@group(0) @binding(3) var<storage, read> m3: array<f32>;
@group(0) @binding(4) var<storage, read_write> m4: array<f32>;
struct Call { first: u32, folded: u32, infinity: f32, nan: f32, offset: array<vec4<u32>, 2> }
@group(1) @binding(0) var<uniform> call: Call;
fn opaque(x: f32) -> f32 { return bitcast<f32>(bitcast<u32>(x) ^ bitcast<u32>(call.infinity) ^ 0x7f800000u); }
fn exponent(x: f32) -> f32 { return f32(i32((bitcast<u32>(x) >> 23u) & 0xffu) - 127); }
fn mantissa(x: f32) -> f32 { return bitcast<f32>((bitcast<u32>(x) & 0x7fffffu) | 0x3f800000u); }
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
  if (row < 1u) {
    var carry_0: f32;
    let v_1 = m1[o1 + 0u];
    let v_2 = m0[o0 + 0u];
    let v_3 = m2[o2 + 0u];
    carry_0 = m1[o3 + 0u];
    for (var t_4 = 0i; t_4 < 200i; t_4 += 1i) {
      let v_5 = m3[o4 + u32(t_4)];
      let v_6 = (v_5 * v_5);
      let v_7 = (v_2 * v_6);
      let v_8 = (v_1 + v_7);
      let v_9 = (v_3 * carry_0);
      let v_10 = (v_8 + v_9);
      let v_11 = (carry_0 < 1.1754943508222875e-38f);
      let v_12 = select(carry_0, (carry_0 * 33554432.0f), v_11);
      let v_13 = mantissa(v_12);
      let v_14 = (v_13 > 1.4142135381698608f);
      let v_15 = ((exponent(v_12) + select(0.0f, (-25.0f), v_11)) + select(0.0f, 1.0f, v_14));
      let v_16 = (v_13 * select(1.0f, 0.5f, v_14));
      let v_17 = (v_16 - 1.0f);
      let v_18 = (v_17 / (2.0f + opaque(v_17)));
      let v_19 = (v_18 * v_18);
      let v_20 = (opaque((0.5f * v_17)) * v_17);
      let v_21 = select(call.nan, select(select(((v_15 * 0.693145751953125f) - ((v_20 - ((v_18 * (v_20 + (v_19 * (0.6666677594184875f +  ...
      let v_22 = (v_6 / carry_0);
      let v_23 = (v_21 + v_22);
      m4[o6 + u32(t_4)] = v_23;
      carry_0 = v_10;
    }
    m4[o5 + 0u] = carry_0;
  }
}
// sum
enable subgroups;
requires subgroup_id;
@group(0) @binding(0) var<storage, read> m0: array<f32>;
@group(0) @binding(1) var<storage, read_write> m1: array<f32>;
struct Call { first: u32, folded: u32, infinity: f32, nan: f32, offset: array<vec4<u32>, 1> }
@group(1) @binding(0) var<uniform> call: Call;
var<workgroup> part0_5: array<f32, 84>;
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(subgroup_invocation_id) lane: u32, @builtin(subgroup_id) team: u32) {
  let thread = team * 4u + lane;
  let group = call.first + workgroup.x + workgroup.y * call.folded;
  let o0 = call.offset[0][0];
  let o1 = call.offset[0][1];
  let row = group;
  {
    var x1_0: f32;
    var total_1: f32;
    let base0_2 = 0i;
    total_1 = 0.0f;
    var acc_3: f32 = 0.0f;
    for (var r0_4 = i32(thread); r0_4 < 200i; r0_4 += 256i) {
      x1_0 = m0[o0 + u32((base0_2 + r0_4))];
      acc_3 = (acc_3 + x1_0);
    }
    for (var apart = 2u; apart > 0u; apart /= 2u) {
      let other0 = subgroupShuffleXor(acc_3, apart);
      let next_6 = (acc_3 + other0);
      acc_3 = next_6;
    }
    if (lane == 0u && team < 64u) { part0_5[0u + team] = acc_3; }
    workgroupBarrier();
    acc_3 = part0_5[0u + thread % 64u];
    for (var apart = 2u; apart > 0u; apart /= 2u) {
      let other0 = subgroupShuffleXor(acc_3, apart);
      let next_7 = (acc_3 + other0);
      acc_3 = next_7;
    }
    if (lane == 0u && team < 16u) { part0_5[64u + team] = acc_3; }
    workgroupBarrier();
    acc_3 = part0_5[64u + thread % 16u];
    for (var apart = 2u; apart > 0u; apart /= 2u) {
      let other0 = subgroupShuffleXor(acc_3, apart);
      let next_8 = (acc_3 + other0);
      acc_3 = next_8;
    }
    if (lane == 0u && team < 4u) { part0_5[80u + team] = acc_3; }
    workgroupBarrier();
    acc_3 = part0_5[80u + thread % 4u];
    for (var apart = 2u; apart > 0u; apart /= 2u) {
      let other0 = subgroupShuffleXor(acc_3, apart);
      let next_9 = (acc_3 + other0);
      acc_3 = next_9;
    }
    acc_3 = subgroupBroadcast(acc_3, 0u);
    workgroupBarrier();
    let left_10 = total_1;
    let right_11 = acc_3;
    total_1 = (left_10 + right_11);
    if (thread == 0u) {
      m1[o1 + 0u] = total_1;
    }
  }
}
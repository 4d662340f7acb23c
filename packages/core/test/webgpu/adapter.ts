/** What requestAdapter is asked on: the browser's own object, or in Node that of Dawn, which must live as long as its devices. */
const underlying: GPU =
  (globalThis as { navigator?: { gpu?: GPU } }).navigator?.gpu ?? (await import("webgpu")).create([]);

const uncaptured: string[] = [];
/** Those that were made since errors were last asked for, and the last one before. */
let devices: GPUDevice[] = [];

/** The errors of all devices that no error scope caught, since the last call. */
export async function takeErrors(): Promise<string[]> {
  // In a page they come from another process: what it answers now comes after them.
  const answers = devices.map(async (device) => {
    device.pushErrorScope("validation");
    await device.popErrorScope().catch(() => {}); // nothing of a lost device
  });
  devices = devices.slice(-1);
  await Promise.all(answers);
  await new Promise((resolve) => setTimeout(resolve, 0)); // events are tasks of their own
  return uncaptured.splice(0);
}

const shaders: string[] = [];
/** The texts of all shaders that were made since the last call. */
export const takeShaders = (): string[] => shaders.splice(0);

/** Has the shape of `navigator.gpu`, and is what it is; no error of a device that comes from it is lost. */
export const softwareGpu = {
  wgslLanguageFeatures: underlying.wgslLanguageFeatures as WGSLLanguageFeatures,
  async requestAdapter(options?: GPURequestAdapterOptions): Promise<GPUAdapter | null> {
    const adapter = await underlying.requestAdapter(options);
    if (adapter === null) return null;
    const requestDevice = adapter.requestDevice.bind(adapter);
    adapter.requestDevice = async (descriptor) => {
      const device = await requestDevice(descriptor);
      devices.push(device);
      device.addEventListener("uncapturederror", (event) => {
        event.preventDefault(); // not printed as well
        uncaptured.push(event.error.message);
      });
      const createShaderModule = device.createShaderModule.bind(device);
      device.createShaderModule = (given) => {
        shaders.push(given.code);
        return createShaderModule(given);
      };
      return device;
    };
    return adapter;
  },
};

/** The same, which does not say that it is software: programs are cut as for a real GPU. */
export const gpu: typeof softwareGpu = disguised((info) => info);

/** The same with subgroups of that size, which workgroup memory plays; 0: with none. */
export const withSubgroups = (size: number): typeof softwareGpu =>
  disguised(
    (info) => ({ ...info, subgroupMinSize: size, subgroupMaxSize: size }),
    (code) => (code.includes("enable subgroups;") ? played(code, size) : code),
  );

function disguised(change: (info: object) => object, rewrite = (code: string) => code): typeof softwareGpu {
  return {
    ...softwareGpu,
    async requestAdapter(options) {
      const adapter = await softwareGpu.requestAdapter(options);
      if (adapter === null) return null;
      const { vendor, description, subgroupMinSize, subgroupMaxSize } = adapter.info;
      const info = { vendor, description, architecture: "as real", isFallbackAdapter: false };
      Object.defineProperty(adapter, "info", { value: change({ ...info, subgroupMinSize, subgroupMaxSize }) });
      const requestDevice = adapter.requestDevice.bind(adapter);
      adapter.requestDevice = async (descriptor) => {
        const device = await requestDevice(descriptor);
        const createShaderModule = device.createShaderModule.bind(device);
        device.createShaderModule = (given) => createShaderModule({ ...given, code: rewrite(given.code) });
        return device;
      };
      return adapter;
    },
  };
}

/** A shader whose subgroups are played: each thread leaves its value in workgroup memory, and takes that of another. */
function played(code: string, size: number): string {
  const types = new Map([...code.matchAll(/var (\w+): (f32|i32|u32)/g)].map(([, name, type]) => [name, type]));
  const typed = (call: string, value: string): string => `${call}_${types.get(value) ?? "u32"}(${value},`;
  const text = code
    .replace("enable subgroups;\nrequires subgroup_id;\n", "")
    .replace(
      /@builtin\(subgroup_invocation_id\) lane: u32, @builtin\(subgroup_id\) team: u32\) \{/,
      `@builtin(local_invocation_index) number: u32) {\n  me = number;\n  let lane = number % ${size}u;\n  let team = number / ${size}u;`,
    )
    .replace(/(subgroupShuffleXor|subgroupBroadcast)\((\w+(?:\(\w+\))?),/g, (_, call: string, x: string) =>
      typed(call, x),
    );
  const functions = ["f32", "i32", "u32"].map((type) =>
    [
      `var<workgroup> left_${type}: array<${type}, 256>;`,
      `fn taken_${type}(x: ${type}, from_: u32) -> ${type} {`,
      `  left_${type}[me] = x;`,
      "  workgroupBarrier();",
      `  let y = left_${type}[from_];`,
      "  workgroupBarrier();",
      "  return y;",
      "}",
      `fn subgroupShuffleXor_${type}(x: ${type}, apart: u32) -> ${type} { return taken_${type}(x, me ^ apart); }`,
      `fn subgroupBroadcast_${type}(x: ${type}, lane: u32) -> ${type} { return taken_${type}(x, me / ${size}u * ${size}u + lane); }`,
    ].join("\n"),
  );
  return ["var<private> me: u32;", ...functions, text].join("\n");
}

export async function requiredAdapter(): Promise<GPUAdapter> {
  const adapter = await gpu.requestAdapter();
  if (adapter === null)
    throw new Error("WebGPU gives no adapter: is VK_ICD_FILENAMES the driver of a GPU, or of one in software?");
  return adapter;
}

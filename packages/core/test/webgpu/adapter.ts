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
export const gpu: typeof softwareGpu = {
  async requestAdapter(options) {
    const adapter = await softwareGpu.requestAdapter(options);
    if (adapter === null) return null;
    const { vendor, description } = adapter.info;
    Object.defineProperty(adapter, "info", {
      value: { vendor, description, architecture: "as real", isFallbackAdapter: false },
    });
    return adapter;
  },
};

export async function requiredAdapter(): Promise<GPUAdapter> {
  const adapter = await gpu.requestAdapter();
  if (adapter === null)
    throw new Error("WebGPU gives no adapter: is VK_ICD_FILENAMES the driver of a GPU, or of one in software?");
  return adapter;
}

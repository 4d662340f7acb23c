import { type Device, init } from "@cotangent/core";
import { UsageError } from "./commandLine.js";

/** Node's WebGPU, which must live as long as its devices do. */
let gpu: GPU | undefined;

/**
 * From now on chapters compute on this device.
 *
 * @returns its name, as people read it
 * @throws UsageError where there is no such device
 */
export async function startDevice(device: Device): Promise<string> {
  try {
    if (device === "cpu") await init(device);
    else {
      gpu ??= (await import("webgpu")).create([]);
      const { description, vendor, architecture } = await init(device, { gpu });
      return `${device} (${description || `${vendor} ${architecture}`})`;
    }
  } catch (error) {
    throw new UsageError(`--device is "${device}", which does not start: ${(error as Error).message}`);
  }
  return device;
}

import { type Primitive, definePrimitive } from "../graph/primitive.js";
import { bind } from "../graph/trace.js";
import { type Tensor, fromStorage } from "../tensor/tensor.js";
import { broadcastAxis, moveAxis } from "./basis.js";

/** `id` tells functions apart where parameters are compared as data. */
interface HostCall {
  readonly call: (...values: Tensor[]) => void;
  readonly id: number;
}

const ids = new WeakMap<object, number>();
let next = 0;

/**
 * Calls a function of the host with the values of the inputs, each time that the program gets there: kept though it has no
 * output, and in order. A mapped call gets the whole batch, on axis 0; a differentiated one is made in the forward pass only.
 */
export const hostCallPrimitive: Primitive<HostCall> = definePrimitive<HostCall>({
  name: "hostCall",
  infer: () => [],
  jvp: (primals, _tangents, params) => {
    bind(hostCallPrimitive, primals, params);
    return { primals: [], tangents: [] };
  },
  batch: (inputs, axes, size, params) => {
    const whole = inputs.map((x, i) => {
      const axis = axes[i];
      return axis === null ? broadcastAxis(x, 0, size) : moveAxis(x, axis, 0);
    });
    return { outputs: bind(hostCallPrimitive, whole, params), axes: [] };
  },
  lower: (inputs, _outputs, { call }) => ({
    kind: "host",
    call: (storages) =>
      call(...storages.map((s, i) => fromStorage({ shape: inputs[i].shape, dtype: inputs[i].dtype }, s))),
  }),
  effects: () => true,
});

export function hostCall(call: (...values: Tensor[]) => void, inputs: readonly Tensor[]): void {
  let id = ids.get(call);
  if (id === undefined) ids.set(call, (id = next++));
  bind(hostCallPrimitive, inputs, { call, id });
}

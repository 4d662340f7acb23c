// Prints digests of large programs run on the given number of threads, and how many jobs were shared.
import { conv2d, debugCallback, jit, random, valueAndGrad } from "@cotangent/core";
import { init } from "@cotangent/core/threads";

const threads = Number(process.argv[2]);
if (threads > 1) await init({ threads });
const normal = (seed, shape, dtype = "f32") => random.normal(random.key(seed), shape, { dtype });
const product = (a, b) => a.matmul(b);
const seen = [];
const programs = {
  product: [product, normal(1, [200, 300]), normal(2, [300, 150])],
  "product in parts": [product, normal(1, [1536, 300]), normal(2, [300, 70])],
  "product in parts f64": [product, normal(1, [512, 300], "f64"), normal(2, [300, 71], "f64")],
  "product f64": [product, normal(1, [203, 300], "f64"), normal(2, [300, 151], "f64")],
  "product with a transpose": [(a, b) => a.matmul(b.transpose()), normal(1, [130, 300]), normal(2, [140, 300])],
  "batched product": [product, normal(1, [7, 64, 80]), normal(2, [7, 80, 64])],
  convolution: [(x, w) => conv2d(x, w), normal(1, [4, 8, 32, 32]), normal(2, [16, 8, 3, 3])],
  softmax: [(x) => x.softmax(-1), normal(3, [257, 1000])],
  elementwise: [(x) => x.sin().mul(x).exp().add(1), normal(4, [1000003])],
  "elementwise f64": [(x) => x.sin().mul(x).exp().add(1), normal(4, [300007], "f64")],
  normalised: [
    (x) => {
      const centred = x.sub(x.mean(-1, { keepDims: true }));
      return centred.div(centred.square().mean(-1, { keepDims: true }).add(1e-5).sqrt());
    },
    normal(5, [333, 777]),
  ],
  "sums of columns": [(x) => x.exp().sum(1), normal(5, [33, 100, 177])],
  transposed: [(x) => x.transpose().exp().add(1), normal(6, [511, 513])],
  argmax: [(x) => x.argmax(-1), normal(6, [511, 513])],
  "total, on one thread": [(x) => x.square().sum(), normal(7, [500000])],
  "host callback": [
    (x) => {
      const y = x.exp();
      debugCallback((v) => void seen.push(v.mul(2).sum().item()), y);
      return y.mul(2).sin().sum(-1);
    },
    normal(7, [500, 600]),
  ],
  "step of a perceptron": [
    (x, w1, w2, y) => {
      const loss = ([a, b]) => x.matmul(a).tanh().matmul(b).sub(y).square().mean();
      const [value, [g1, g2]] = valueAndGrad(loss)([w1, w2]);
      return [value, w1.sub(g1), w2.sub(g2)];
    },
    normal(8, [256, 200]),
    normal(9, [200, 128]),
    normal(10, [128, 10]),
    normal(11, [256, 10]),
  ],
};
const digest = async (x) => {
  const data = await x.data();
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return Buffer.from(await crypto.subtle.digest("SHA-256", bytes)).toString("hex");
};
const result = {};
for (const [name, [f, ...inputs]] of Object.entries(programs)) {
  const run = jit(f);
  const once = async () => (await Promise.all([run(...inputs)].flat().map(digest))).join();
  result[name] = await once();
  for (let k = 0; k < 3; k++)
    if ((await once()) !== result[name]) throw new Error(`${name}: other bits in call ${k + 2}`);
}
result.seen = seen;
// More programs than a worker keeps, then the first ones again.
const many = Array.from({ length: 70 }, (_, k) => jit((x) => x.mul(k).exp()));
const x = normal(12, [150000]);
result.many = [];
for (const f of [...many, ...many.slice(0, 8)]) result.many.push(await digest(f(x)));
if (threads > 2) {
  await init({ threads: 2 });
  result.many.push(await digest(many[3](x)));
  await init({ threads: 1 });
} else result.many.push(await digest(many[3](x)));
result.many.push(await digest(many[3](x)));
console.log(JSON.stringify(result));

import { expect, test } from "vitest";

const packages = ["core", "optim", "nn", "bayes", "meta", "local"];

test.each(packages)("@cotangent/%s loads from its built entry", async (name) => {
  expect(import.meta.resolve(`@cotangent/${name}`)).toMatch(new RegExp(`/${name}/dist/index\\.js$`));
  await expect(import(`@cotangent/${name}`)).resolves.toBeTypeOf("object");
});

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { transformSync } from "@swc/core";
import * as babyai from "./index";

const own = join(__dirname, "..");

test("the README's example prints what it says", () => {
  const readme = readFileSync(join(own, "README.md"), "utf8");
  const [, example = ""] = /```ts\n([\s\S]+?)```/.exec(readme) ?? [];
  const { code } = transformSync(example, {
    jsc: { parser: { syntax: "typescript" }, target: "es2022" },
    module: { type: "commonjs" },
  });
  const printed: unknown[][] = [];
  const log = (...values: unknown[]) => printed.push(values);
  new Function("require", "console", "exports", code)(() => babyai, { log }, {});
  expect(printed).toEqual([
    ["go to the blue ball"],
    ["a wall 2 steps forward\na wall 1 step right"],
    [0.915625, 6],
  ]);
  const [first, second] = printed.flat() as [string, string];
  expect(example).toContain(`// ${first}`);
  expect(example).toContain(`// ${second.split("\n")[0]} …`);
});

test("the package brings the license", () => {
  const [license, root] = [own, join(own, "..", "..")].map((folder) =>
    readFileSync(join(folder, "LICENSE"), "utf8"),
  );
  expect(license).toBe(root);
});

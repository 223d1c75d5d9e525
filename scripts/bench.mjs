// npm run bench -- <name>: runs bench/<name>.ts, which exports `run()`.
import { existsSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { root, setup } from "./setup.mjs";

setup();
const require = createRequire(import.meta.url);
const { transformFileSync } = await import("@swc/core");
require.extensions[".ts"] = (module, file) => {
  const options = { jsc: { target: "es2022" }, module: { type: "commonjs" } };
  module._compile(transformFileSync(file, options).code, file);
};

const directory = join(root, "bench");
const name = process.argv[2] ?? "";
const file = join(directory, `${name}.ts`);
if (!/^[\w-]+$/.test(name) || !existsSync(file)) {
  const names = readdirSync(directory)
    .filter((entry) => entry.endsWith(".ts"))
    .map((entry) => entry.slice(0, -3));
  console.error(`No benchmark ${JSON.stringify(name)}. There are: ${names.join(", ")}`);
  process.exit(1);
}
await require(file).run();

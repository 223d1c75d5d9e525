import { join } from "node:path";

/**
 * Arguments with which `node` runs a body of JavaScript in a process of its own. There `load("store/connect")` is a module
 * of lib/src, through the same transform as in tests.
 *
 * @param source the folder that stands for lib/src
 */
export function script(body: string, source = join(__dirname, "..")): string[] {
  const swc = JSON.stringify(require.resolve("@swc/core"));
  return [
    "-e",
    `const swc = require(${swc}), fs = require("node:fs"), path = require("node:path");
     require.extensions[".ts"] = (module, file) => module._compile(swc.transformSync(fs.readFileSync(file, "utf8"),
       { filename: file, jsc: { parser: { syntax: "typescript" }, target: "es2022" }, module: { type: "commonjs" } }).code, file);
     const load = (name) => require(path.join(${JSON.stringify(source)}, name));
     (async () => { ${body} })();`,
  ];
}

import { join } from "node:path";

/**
 * Arguments with which `node` runs a body of JavaScript in a process of its own. There `load("gateway/store/insert")` is a
 * module of lib/gateway/src, through the same transform as in tests, and so are the workspaces by their names.
 *
 * @param lib the folder that stands for lib
 */
export function script(body: string, lib = join(__dirname, "..", "..", "..")): string[] {
  const swc = JSON.stringify(require.resolve("@swc/core"));
  return [
    "-e",
    `const swc = require(${swc}), fs = require("node:fs"), path = require("node:path"), Module = require("node:module");
     require.extensions[".ts"] = (module, file) => module._compile(swc.transformSync(fs.readFileSync(file, "utf8"),
       { filename: file, jsc: { parser: { syntax: "typescript" }, target: "es2022" }, module: { type: "commonjs" } }).code, file);
     const find = (name) => path.join(${JSON.stringify(lib)}, name.replace(/^\\w+/, "$&/src"));
     const workspaces = { babyai: find("env"), "embedded-gateway": find("gateway") }, resolve = Module._resolveFilename;
     Module._resolveFilename = (name, ...rest) => resolve.call(Module, workspaces[name] ?? name, ...rest);
     const load = (name) => require(find(name));
     (async () => { ${body} })();`,
  ];
}

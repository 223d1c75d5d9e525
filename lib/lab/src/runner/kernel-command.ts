import { dirname, join } from "node:path";

const tslab = require.resolve("tslab/package.json");

/** A module that Node loads before all else. What a kernel forks, and its workers, go without. */
export function preload(code: string): string {
  const once = `import { isMainThread } from "node:worker_threads";
    process.execArgv = [];
    if (isMainThread) { ${code} }`;
  return `data:text/javascript,${encodeURIComponent(once.replace(/\n\s*/g, "\n"))}`;
}

/**
 * tslab does not await what it publishes, and zeromq lets the loop have a turn after 512 messages that went out at once: it then
 * refuses all others (EBUSY) until the first has gone. So a cell that printed more in one go lost the rest, and the word that it
 * has ended. With no time to wait and no limit to wait for, every message goes out at once, to a queue without an end.
 */
const publishAtOnce = preload(`
  const { createRequire } = await import("node:module");
  const { Publisher } = createRequire(${JSON.stringify(tslab)})("zeromq");
  const { bind } = Publisher.prototype;
  const value = function (address) {
    this.sendHighWaterMark = 0;
    this.sendTimeout = 0;
    return bind.call(this, address);
  };
  Object.defineProperty(Publisher.prototype, "bind", { value });`);

/**
 * tslab names no types, so TypeScript reads every `@types` package that any other has brought along, before the first cell and for
 * nothing: a third of the start. Those of Node are all that a cell has without an import.
 */
const onlyNodeTypes = preload(`
  const { createRequire } = await import("node:module");
  const require = createRequire(${JSON.stringify(tslab)});
  const typescript = "@tslab/typescript-for-tslab";
  const ts = require(typescript);
  const createWatchCompilerHost = (files, options, ...rest) =>
    ts.createWatchCompilerHost(files, { ...options, types: ["node"] }, ...rest);
  require.cache[require.resolve(typescript)].exports = { ...ts, createWatchCompilerHost };`);

/**
 * For a kernel of which nobody asks what something means: doc comments of declarations are not read, a quarter of the start. Lines
 * keep their numbers.
 */
export const withoutDocs = preload(`
  const { createRequire } = await import("node:module");
  const { sys } = createRequire(${JSON.stringify(tslab)})("@tslab/typescript-for-tslab");
  const { readFile } = sys;
  const comment = /^[ \\t]*\\/\\*\\*(?!\\/)[^]*?\\*\\//gm;
  sys.readFile = (path, encoding) => {
    const text = readFile(path, encoding);
    return path.endsWith(".d.ts") ? text?.replace(comment, (lines) => lines.replace(/.+/g, "")) : text;
  };`);

/** How a tslab kernel is started; `{connection_file}` in a kernel's specification. */
export function kernelCommand(connectionFile: string, ...preloads: readonly string[]): string[] {
  const imports = [publishAtOnce, onlyNodeTypes, ...preloads].flatMap((module) => [
    "--import",
    module,
  ]);
  const bin = join(dirname(tslab), "bin", "tslab");
  return [process.execPath, ...imports, bin, "kernel", "--config-path", connectionFile];
}

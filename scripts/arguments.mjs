// What a command was called with; else what is wrong with it and how the command is used.
import { parseArgs } from "node:util";

/** @param options as `parseArgs` of node:util takes them; `--help` is added. */
export function readArguments(usage, options) {
  const stop = (message) => {
    console.error(`${message}\n\n${usage}`);
    process.exit(1);
  };
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { ...options, help: { type: "boolean", short: "h" } },
    });
    if (values.help) {
      console.log(usage);
      process.exit(0);
    }
    return { values, positionals, stop };
  } catch (error) {
    return stop(error.message);
  }
}

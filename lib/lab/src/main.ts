import { type Command, runCommand } from "./cli/command";
import { root } from "./project/root";

/** The commands, by npm's name of each. Loaded when called, because most of them load a lot. */
export const commands: Record<string, () => { default: Command }> = {
  start: () => require("./cli/notebooks/start"),
  notebook: () => require("./cli/notebooks/notebook"),
  lab: () => require("./cli/notebooks/jupyter-lab"),
  up: () => require("./cli/up"),
  charts: () => require("./cli/charts"),
  model: () => require("./cli/model"),
  runs: () => require("./cli/runs"),
  repair: () => require("./cli/repair"),
  view: () => require("./cli/view"),
  replay: () => require("./cli/replay"),
  export: () => require("./cli/export/export"),
  torture: () => require("./cli/torture/torture"),
  "gateway:diff": () => require("./cli/gateway-diff"),
  bench: () => require("./cli/bench"),
};

/** Runs the command of that name. @returns the exit code */
export async function main(name: string, args: string[], folder = root): Promise<number> {
  const load = commands[name];
  if (load === undefined) throw new TypeError(`There is no command ${name}.`);
  return runCommand(load().default, args, folder);
}

import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { transformFileSync as Transform } from "@swc/core";
import { didYouMean } from "../basics/did-you-mean";
import { command, UsageError } from "./command";

const namesIn = (folder: string) =>
  readdirSync(folder)
    .filter((entry) => entry.endsWith(".ts"))
    .map((entry) => entry.slice(0, -3));

export default command({
  usage: "npm run bench -- <name> [words of its own]",
  about: "Runs bench/<name>.ts; bench/README.md says what each measures.",
  options: {},
  more: (root) => `Names: ${namesIn(join(root, "bench")).join(", ")}`,
  takesWords: "any",
  async run(_values, [name = "", ...words], root) {
    const folder = join(root, "bench");
    const names = namesIn(folder);
    if (!names.includes(name))
      throw new UsageError(`No benchmark ${JSON.stringify(name)}.${didYouMean(name, names)}`);
    // Benchmarks are not compiled, and what compiles them is no part of this package.
    const own = createRequire(join(root, "package.json"));
    const { transformFileSync } = own("@swc/core") as { transformFileSync: typeof Transform };
    require.extensions[".ts"] = (module, file) => {
      const { code } = transformFileSync(file, {
        jsc: { target: "es2022" },
        module: { type: "commonjs" },
      });
      (module as unknown as { _compile(code: string, file: string): void })._compile(code, file);
    };
    await (require(join(folder, `${name}.ts`)) as { run(words: string[]): Promise<void> }).run(
      words,
    );
  },
});

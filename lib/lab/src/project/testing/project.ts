import { cpSync, mkdirSync, readdirSync, realpathSync, symlinkSync } from "node:fs";
import { join } from "node:path";

const root = join(__dirname, "..", "..", "..", "..", "..");

/** Makes a project of its own, with the compiled packages and the shipped configuration. */
export function makeProject(folder: string): void {
  mkdirSync(join(folder, "node_modules"), { recursive: true });
  for (const name of readdirSync(join(root, "node_modules"))) {
    const [from, to] = [join(root, "node_modules", name), join(folder, "node_modules", name)];
    if (!["babyai", "babyai-lab", "embedded-gateway"].includes(name)) symlinkSync(from, to);
    else
      for (const part of ["package.json", "dist"])
        cpSync(join(realpathSync(from), part), join(to, part), { recursive: true });
  }
  for (const part of ["tensorzero.toml", "functions"])
    cpSync(join(root, "config", part), join(folder, "config", part), { recursive: true });
}

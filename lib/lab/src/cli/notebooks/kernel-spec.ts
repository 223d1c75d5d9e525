import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { kernelCommand } from "../../runner/kernel-command";

/**
 * Writes the kernel's entry where only a Jupyter that is told of the folder looks: `npm run lab`'s, or any program with
 * JUPYTER_PATH=data/.local/jupyter.
 *
 * @returns the folder
 */
export function registerKernel(root: string): string {
  const jupyter = join(root, "data", ".local", "jupyter");
  const folder = join(jupyter, "kernels", "tslab");
  mkdirSync(folder, { recursive: true });
  const spec = {
    argv: kernelCommand("{connection_file}"),
    display_name: "TypeScript (babyai-lab)",
    language: "typescript",
  };
  writeFileSync(join(folder, "kernel.json"), `${JSON.stringify(spec, null, 2)}\n`);
  return jupyter;
}

import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";

/**
 * The files of the project's configuration: config/tensorzero.toml, and config/models/*.toml, one a model. By path, the
 * order in which TensorZero merges them; docker-compose.yml names the same ones by a glob.
 *
 * @param root the project's folder
 */
export function configFiles(root: string): string[] {
  const models = modelsFolder(root);
  const names = existsSync(models) ? readdirSync(models) : [];
  const files = names
    .filter((name) => name.endsWith(".toml"))
    .sort()
    .map((name) => join(models, name))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile());
  return [...files, join(root, "config", "tensorzero.toml")];
}

/** The folder that holds one file a model. */
export function modelsFolder(root: string): string {
  return join(root, "config", "models");
}

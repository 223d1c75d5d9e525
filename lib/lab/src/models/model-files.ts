import { rmSync } from "node:fs";
import { basename } from "node:path";
import { type ConfigSource, parseConfigFile, readConfigFile } from "embedded-gateway";
import { didYouMean } from "../basics/did-you-mean";
import { providersOf, readActConfig } from "../experiment/variants/act-config";
import { configFiles } from "../project/config-files";
import { ModelError } from "./model-error";

/** One file of config/models. */
export interface ModelFile {
  /** Its name without .toml. */
  name: string;
  path: string;
  /** Names of its variants. */
  variants: string[];
  /** The models that it has, or that its variants name by a shorthand. */
  models: ModelAddress[];
}

/** Where a provider serves a model. */
export interface ModelAddress {
  /** The model's name in the config and in config/prices.toml. */
  model: string;
  /** Its name at the server. */
  servedAs: string;
  apiBase: string;
  /** As in the config: "env::OPENAI_API_KEY", "none". */
  keyLocation: string;
}

/** The files of config/models, by name. @throws ConfigError as `modelsIn` */
export function modelFiles(root: string): ModelFile[] {
  return paths(root).map(({ name, path }) => {
    return { name, path, ...modelsIn(parseConfigFile(readConfigFile(path))) };
  });
}

function paths(root: string): Pick<ModelFile, "name" | "path">[] {
  return configFiles(root)
    .map((path) => ({ name: basename(path, ".toml"), path }))
    .filter(({ name }) => name !== "tensorzero");
}

/** What a model file holds. @throws ConfigError a value is none that its key may have; the message names file, key and value */
export function modelsIn(file: ConfigSource): Pick<ModelFile, "variants" | "models"> {
  const config = readActConfig([file]);
  const variants = [...config.functions.values()].flatMap((fn) => [...fn.variants]);
  const names = new Set([...config.models.keys(), ...variants.map(([, { model }]) => model ?? "")]);
  const models = [...names].flatMap((model) =>
    providersOf(model, config).map(({ modelName = model, apiBase, keyLocation }) => ({
      ...{ model, servedAs: modelName, apiBase, keyLocation },
    })),
  );
  return { variants: variants.map(([name]) => name), models };
}

/** Deletes a file of config/models, whatever it holds. @returns its path @throws ModelError there is no file of this name */
export function removeModel(root: string, name: string): string {
  const files = paths(root);
  const file = files.find((other) => other.name === name);
  if (file === undefined) {
    throw new ModelError(
      "not_there",
      `config/models has no ${JSON.stringify(name)}.${didYouMean(
        name,
        files.map((other) => other.name),
      )} It has: ${files.map((other) => other.name).join(", ") || "nothing"}.`,
    );
  }
  rmSync(file.path);
  return file.path;
}

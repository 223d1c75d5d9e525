import { rmSync } from "node:fs";
import { basename } from "node:path";
import { OPENAI_BASE, readToml, shorthandModel } from "embedded-gateway";
import { type ActFunction, actFunctions } from "../agents/prompt";
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

/** The part of a model file that is read here; the gateway checks all of it. */
interface ModelToml {
  models?: Record<string, { providers?: Record<string, ProviderToml> }>;
  functions?: Partial<Record<ActFunction, { variants?: Record<string, { model?: string }> }>>;
}
interface ProviderToml {
  model_name?: string;
  api_base?: string;
  api_key_location?: unknown;
}

/** TensorZero's defaults of a provider of type "openai". */
const OPENAI = { apiBase: OPENAI_BASE, keyLocation: "env::OPENAI_API_KEY" };

/** The files of config/models, by name. */
export function modelFiles(root: string): ModelFile[] {
  const isModel = (path: string) => basename(path) !== "tensorzero.toml";
  return configFiles(root)
    .filter(isModel)
    .map((path) => ({ name: basename(path, ".toml"), path, ...modelsIn(readToml(path)) }));
}

/** What a model file holds. */
export function modelsIn(toml: object): Pick<ModelFile, "variants" | "models"> {
  const { models = {}, functions } = toml as ModelToml;
  const variants = Object.assign(
    {},
    ...actFunctions.map((name) => functions?.[name]?.variants),
  ) as Record<string, { model?: string }>;
  const explicit = Object.entries(models).flatMap(([model, { providers = {} }]) =>
    Object.values(providers).map(({ model_name, api_base, api_key_location: key }) => ({
      model,
      servedAs: model_name ?? model,
      apiBase: api_base ?? OPENAI.apiBase,
      keyLocation:
        key === undefined || typeof key === "string"
          ? (key ?? OPENAI.keyLocation)
          : JSON.stringify(key),
    })),
  );
  const named = new Set(Object.values(variants).map(({ model = "" }) => model));
  const shorthands = [...named].flatMap((model) =>
    (shorthandModel(model)?.providers ?? []).map(({ modelName }) => ({
      ...OPENAI,
      model,
      servedAs: modelName,
    })),
  );
  return { variants: Object.keys(variants), models: [...explicit, ...shorthands] };
}

/** Deletes a file of config/models. @throws ModelError there is no file of this name */
export function removeModel(root: string, name: string): ModelFile {
  const files = modelFiles(root);
  const file = files.find((other) => other.name === name);
  if (file === undefined) {
    throw new ModelError(
      "not_there",
      `config/models has no ${JSON.stringify(name)}. It has: ${files.map((other) => other.name).join(", ") || "nothing"}.`,
    );
  }
  rmSync(file.path);
  return file;
}

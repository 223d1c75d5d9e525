import { createHash } from "node:crypto";
import {
  ConfigError,
  messageOf,
  parseConfigFile,
  readConfigFile,
  readTextFile,
  type TomlFile,
} from "embedded-gateway";
import { Environment } from "minijinja-js";
import type { Form } from "../../agents/balrog-like/forms";
import type { ChatMessage } from "../../agents/local/reading/prompt";
import type { PictureUse } from "../../agents/picture";
import { type ActFunction, type ActInput, CHAT_FUNCTION } from "../../agents/prompt";
import type { InputMessage } from "../../connection/client";
import {
  type ActVariant,
  type NamedFile,
  type Provider,
  providersOf,
  readActConfig,
} from "./act-config";
import { type CallLimits, callLimits } from "./call-limits";
import { formOf } from "./form";

/** What an experiment has to know of a variant. */
export interface VariantInfo {
  /** The function that it is a variant of. */
  function: ActFunction;
  /** Which of BALROG's agents it is like; null of a variant of a JSON function. */
  form: Form | null;
  /** The model's name in the config; null for a variant made of other variants. */
  model: string | null;
  /** Of a variant of in-context learning, which is shown the examples that `lab.teach` has stored for it: what finds the nearest. Null of others. */
  embeddingModel: string | null;
  /** Addresses of the servers by which its model is reached: "https://api.openai.com/v1/". */
  servers: readonly string[];
  /** What its model is sent, by its templates. Of a variant made of other variants: what its own templates make. */
  prompt: (input: ActInput) => readonly ChatMessage[];
  limits: CallLimits;
  /** Of which observations it is sent pictures: its templates `picture` and `past_picture`, their captions, tell. */
  pictures: PictureUse;
  /** Its model is a function in place of an LLM. */
  local: boolean;
  /** Its model is served on this machine or its network, and asks for no key: it costs nothing. */
  free: boolean;
  /**
   * Its keys in the config, as JSON; of its templates and the function's schemas the hash of the text. What makes two
   * variants of one name differ.
   */
  definition: Readonly<Record<string, string>>;
}

/**
 * The variants of the functions that choose an action, model by model, in the config's order.
 *
 * @param given the configuration's files
 * @throws ConfigError a file cannot be read or is no TOML, a key has a value that it cannot have, two files give the same key,
 *   two functions have a variant of one name, a variant of the chat function has the templates of no form or candidates of several, or a template or
 *   schema cannot be read
 */
export function readVariants(
  given: readonly (string | TomlFile)[],
): ReadonlyMap<string, VariantInfo> {
  const config = readActConfig(given.map(readConfigFile).map(parseConfigFile));
  const variants = new Map<string, VariantInfo>();
  for (const [name, fn] of config.functions) {
    const schemas = hashes(fn.schemas);
    for (const [variantName, variant] of fn.variants) {
      if (variants.has(variantName)) {
        throw new ConfigError(
          `\`${variant.path}\`: ${variants.get(variantName)?.function} has a variant ${variantName}, too. Variants are chosen by their name alone: rename one.`,
        );
      }
      const providers = providersOf(variant.model ?? "", config);
      const served = (by: (provider: Provider) => boolean) =>
        providers.length > 0 && providers.every(by);
      const form = name === CHAT_FUNCTION ? formOf(variant, fn.variants) : null;
      const pictures = pictureUse(variant);
      const limits = {
        ...variant,
        includesOthers: variant.templates.some(includesOthers),
        repeatsAnswers: form !== null,
        sendsPictures: pictures !== "none",
      };
      variants.set(variantName, {
        function: name,
        form,
        model: variant.model,
        embeddingModel: variant.embeddingModel,
        servers: providers.map(({ apiBase }) => apiBase),
        prompt: promptOf(variant),
        limits: callLimits(limits, providers),
        pictures,
        local: served(({ isLocal }) => isLocal),
        free: served(isFree),
        definition: { ...schemas, ...define(variant) },
      });
    }
  }
  const order = [...variants.values()].map(({ model }) => model);
  return new Map(
    [...variants].sort(([, a], [, b]) => order.indexOf(a.model) - order.indexOf(b.model)),
  );
}

function pictureUse({ templates }: ActVariant): PictureUse {
  const has = (name: string) => templates.some((template) => template.name === `templates.${name}`);
  if (!has("picture")) return "none";
  return has("past_picture") ? "history" : "current";
}

/** Hosts of this machine, seen from a container too, and of private networks (RFC 1918). */
const NEAR =
  /^(localhost|127(\.\d+){3}|\[::1\]|0\.0\.0\.0|host\.docker\.internal|10(\.\d+){3}|192\.168(\.\d+){2}|172\.(1[6-9]|2\d|3[01])(\.\d+){2}|.+\.local)$/;

/** Whether an address is on this machine or its network. */
export function isNear(address: string): boolean {
  return URL.canParse(address) && NEAR.test(new URL(address).hostname);
}

function isFree({ apiBase, keyLocation }: Provider): boolean {
  return isNear(apiBase) && keyLocation === "none";
}

function includesOthers(template: NamedFile): boolean {
  return /\{%-?\s*(include|extends|import|from)\b/.test(read(template));
}

function read({ key, path }: NamedFile): string {
  try {
    return readTextFile(path);
  } catch (cause) {
    throw new ConfigError(`\`${key}\`: cannot read ${path} (${messageOf(cause)}).`, { cause });
  }
}

/** Renders a variant's templates. One that includes others counts as its source and its arguments. */
function promptOf({ templates }: ActVariant): VariantInfo["prompt"] {
  const environment = new Environment();
  const sources = new Map(
    templates.map((template) => {
      const name = template.name.replace(/^templates\.|_template$/g, "");
      return [name, read(template)] as const;
    }),
  );
  const render = (name: string, args: object) => {
    const text = sources.get(name) ?? "";
    try {
      return environment.renderStr(text, args);
    } catch {
      return text + JSON.stringify(args);
    }
  };
  const message = ({ role, content }: InputMessage): ChatMessage => ({
    role,
    content: typeof content === "string" ? content : render(content.template, content.arguments),
  });
  return (input) =>
    "messages" in input
      ? input.messages.map(message)
      : (["system", "user"] as const)
          .filter((role) => sources.has(role))
          .map((role) => ({ role, content: render(role, input[role]) }));
}

/** How a variant is sampled, retried and limited does not change what it answers. */
const NOT_DEFINING = new Set(["weight", "retries", "timeouts", "description"]);

/** By the files' names. */
function hashes(files: readonly NamedFile[]): Record<string, string> {
  const hash = (text: string) =>
    `sha256:${createHash("sha256").update(text).digest("hex").slice(0, 16)}`;
  return Object.fromEntries(files.map((file) => [file.name, hash(read(file))]));
}

function define({ settings, templates }: ActVariant): Record<string, string> {
  const defining = Object.entries(settings)
    .filter(([key]) => !NOT_DEFINING.has(key))
    .map(([key, value]) => [key, JSON.stringify(value)]);
  return { ...Object.fromEntries(defining), ...hashes(templates) };
}

import { relative } from "node:path";
import { printable } from "embedded-gateway";
import { didYouMean } from "../basics/did-you-mean";
import { textTable } from "../display/table";
import { modelPrices, type Price } from "../experiment/variants/prices";
import { readVariants } from "../experiment/variants/variants";
import { addModel } from "../models/add-model";
import { checkModel } from "../models/check-model";
import { modelFiles, removeModel } from "../models/model-files";
import { configFiles } from "../project/config-files";
import { readEnvironment } from "../project/environment";
import { command, UsageError } from "./command";

type Do = (
  root: string,
  env: NodeJS.ProcessEnv,
  words: readonly string[],
  options?: { url?: string; name?: string; vision?: boolean },
) => Promise<string>;

/** What `npm run model` does, by its first word; the text is printed. @throws ModelError, GatewayError, ConfigError */
export const modelCommands: Record<"list" | "add" | "check" | "remove", Do> = {
  list: async (root, env) => {
    const prices = pricesOf(root);
    const rows = modelFiles(root).flatMap(({ name, variants, models }) =>
      models.map(({ model, servedAs, apiBase, keyLocation }) => ({
        name,
        model: servedAs,
        server: new URL(apiBase).host,
        key: keyText(keyLocation, env),
        "price per million": priceText(prices[model]),
        ends: prices[model]?.shutdown_date ?? "–",
        variants: variants.join(", "),
      })),
    );
    const local = [...readVariants(configFiles(root))].flatMap(([name, { local }]) =>
      local ? [name] : [],
    );
    return `${textTable(rows)}\n\nOn this machine, without a model's server: ${local.join(", ")}`;
  },

  add: async (root, env, [server = "", model = ""], options = {}) => {
    const added = await addModel(root, env, {
      ...{ server, model, ...options },
      onWarning: (text) => console.warn(text),
    });
    const { name, path, variants, models, shutdownDate } = added;
    const [ours] = models.map((address) => address.model);
    const price = pricesOf(root)[ours ?? ""];
    const lines = [
      `Wrote ${relative(root, path)}: ${model} at ${models[0]?.apiBase}, as ${variants.join(", ")}.`,
      price === undefined
        ? `Its price is not known: for estimates and budgets, add ["${ours}"] to config/prices.toml.`
        : `Its price per million tokens: ${priceText(price)}.`,
    ];
    if (shutdownDate !== null) {
      lines.push(
        `The server shuts it down on ${shutdownDate}: add shutdown_date = "${shutdownDate}" there, so that runs announce it.`,
      );
    }
    lines.push(
      `Try it:   npm run model -- check ${name}${options.vision ? "_vision" : ""}`,
      `Play it:  npm start -- -p variants=${name}_${options.vision ? "vision_history" : "history"},rule_based_history`,
    );
    return lines.join("\n");
  },

  check: async (root, env, [name = ""]) => {
    const check = await checkModel(root, env, name);
    const { variant, mission, observation, answer, invalid, seconds } = check;
    const tokens = (count: number | null) => count ?? "an unknown number of";
    return [
      `${variant} was asked to ${mission}, and shown:`,
      observation.replace(/^/gm, "  "),
      `It answered in ${seconds.toFixed(1)} s, with ${tokens(check.inputTokens)} tokens in and ${tokens(check.outputTokens)} out:`,
      printable(answer ?? "").replace(/^/gm, "  "),
      invalid === null
        ? "That is a valid answer."
        : `That is no valid answer: ${invalid}. It would be played as "go forward".`,
    ].join("\n");
  },

  remove: async (root, _env, [name = ""]) => {
    return `Removed ${relative(root, removeModel(root, name))} and its variants.`;
  },
};

/** How many words each takes besides itself. */
const takes = { list: 0, add: 2, check: 1, remove: 1 };

export default command({
  usage: `npm run model -- list
npm run model -- add <server> <model> [options]
npm run model -- check <name | variant>
npm run model -- remove <name>`,
  about: `  list    the models in config/models: where they are served, their variants, price and end
  add     writes config/models/<name>.toml after config/examples/<server>.toml, once the server knows the model:
          npm run model -- add ollama qwen3:8b
  check   has it choose one action, through the embedded gateway, and says what came back
  remove  deletes config/models/<name>.toml`,
  options: {
    url: {
      value: "address",
      help: "the server's, e.g. http://192.168.1.5:11434/v1/; default: the example's",
    },
    name: { value: "name", help: "ours for the model; default: made of the server's" },
    vision: { help: "of a model that takes pictures: with the variants vision and vision_history" },
  },
  takesWords: true,
  async run(options, [first = "list", ...words], root) {
    const name = (Object.keys(takes) as (keyof typeof takes)[]).find((known) => known === first);
    if (name === undefined)
      throw new UsageError(
        `There is no command "${first}".${didYouMean(first, Object.keys(takes))}`,
      );
    if (words.length !== takes[name])
      throw new UsageError(`${name} takes ${takes[name]} arguments; got ${words.length}.`);
    console.log(await modelCommands[name](root, readEnvironment(root), words, options));
  },
});

function pricesOf(root: string) {
  return modelPrices(root, readVariants(configFiles(root)));
}

function priceText(price: Price | undefined): string {
  if (price === undefined) return "not known";
  return price.input + price.output === 0 ? "nothing" : `$${price.input} in, $${price.output} out`;
}

/** "OPENAI_API_KEY (missing)" */
function keyText(location: string, env: NodeJS.ProcessEnv): string {
  const variable = /^env::(.+)$/.exec(location)?.[1];
  if (variable === undefined) return location;
  return env[variable] ? variable : `${variable} (missing)`;
}

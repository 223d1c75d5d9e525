import { relative } from "node:path";
import { textTable } from "../display/table";
import { modelPrices, type Price } from "../experiment/variants/prices";
import { readVariants } from "../experiment/variants/variants";
import { configFiles } from "../project/config-files";
import { addModel } from "./add-model";
import { checkModel } from "./check-model";
import { modelFiles, removeModel } from "./model-files";

type Command = (
  root: string,
  env: NodeJS.ProcessEnv,
  words: readonly string[],
  options?: { url?: string; name?: string },
) => Promise<string>;

/** What `npm run model` does, by its first word; the text is printed. @throws ModelError, GatewayError, ConfigError */
export const modelCommands: Record<"list" | "add" | "check" | "remove", Command> = {
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
    return textTable(rows);
  },

  add: async (root, env, [server = "", model = ""], options = {}) => {
    const added = await addModel(root, env, { server, model, ...options });
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
      `Try it:   npm run model -- check ${name}`,
      `Play it:  npm start -- -p variants=${variants.at(-1)},rule_based_history`,
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
      (answer ?? "").replace(/^/gm, "  "),
      invalid === null
        ? "That is a valid answer."
        : `That is no valid answer: ${invalid}. It would be played as "go forward".`,
    ].join("\n");
  },

  remove: async (root, _env, [name = ""]) => {
    const { path, variants } = removeModel(root, name);
    return `Removed ${relative(root, path)} and with it the variants ${variants.join(", ")}.`;
  },
};

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

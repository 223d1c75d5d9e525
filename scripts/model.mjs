// npm run model: the language models that agents play on; each is a file in config/models.
import { createRequire } from "node:module";
import { readArguments } from "./arguments.mjs";
import { root, setup } from "./setup.mjs";

const usage = `npm run model -- list
npm run model -- add <server> <model> [--url address] [--name name]
npm run model -- check <name | variant>
npm run model -- remove <name>

  list    the models in config/models: where they are served, their variants, price and end
  add     writes config/models/<name>.toml after config/examples/<server>.toml, once the server knows the model:
          npm run model -- add ollama qwen3:8b
  check   has it choose one action, through the embedded gateway, and says what came back
  remove  deletes config/models/<name>.toml

      --url address  the server's, e.g. http://192.168.1.5:11434/v1/; default: the example's
      --name name    ours for the model; default: made of the server's`;

const { values, positionals, stop } = readArguments(usage, {
  url: { type: "string" },
  name: { type: "string" },
});
const [command = "list", ...rest] = positionals;
const counts = { list: 0, add: 2, check: 1, remove: 1 };
if (!Object.hasOwn(counts, command)) stop(`There is no command "${command}".`);
if (rest.length !== counts[command])
  stop(`${command} takes ${counts[command]} arguments; got ${rest.length}.`);
setup();
const require = createRequire(import.meta.url);
const { modelCommands } = require("../lib/lab/dist/models/commands.js");
const { readEnvironment } = require("../lib/lab/dist/project/environment.js");

try {
  console.log(await modelCommands[command](root, readEnvironment(root), rest, values));
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}

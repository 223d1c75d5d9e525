// npm run up: docker compose without Docker. The gateway, ClickHouse's HTTP interface and the local models on loopback,
// in one process, until Ctrl-C; `npm run up -- models` serves the local models alone.
import { createRequire } from "node:module";
import { join } from "node:path";
import { readArguments } from "./arguments.mjs";
import { root, setup } from "./setup.mjs";

const usage = `npm run up [-- models] [--host address --password word]

Serves the gateway on port 3000, ClickHouse on 8123 and the local models on 3030; with "models", those alone.

      --host address   where to listen; default 127.0.0.1
      --password word  asked of every request; needed with a host that other machines reach`;

const { values, positionals, stop } = readArguments(usage, {
  host: { type: "string" },
  password: { type: "string" },
});
if (positionals.length > 1 || (positionals[0] ?? "models") !== "models")
  stop(`There is no service "${positionals.join(" ")}".`);
setup();
const require = createRequire(import.meta.url);
const { localModels } = require("../lib/lab/dist/agents/local/app.js");
const { host, password } = values;

async function start() {
  if (positionals[0] === "models") {
    // The models need no store, so this works where the embedded ClickHouse has no build.
    const { bearerFor, listen } = require("embedded-gateway");
    const bearer = bearerFor(host ?? "127.0.0.1", password);
    const { url, close } = await listen("models", localModels(), { host, bearer });
    return { urls: { models: url }, close };
  }
  const { up } = require("embedded-gateway");
  const { readEnvironment } = require("../lib/lab/dist/project/environment.js");
  const { configFiles } = require("../lib/lab/dist/project/config-files.js");
  return up({
    configPath: configFiles(root),
    dataDir: join(root, "data", ".local", "clickhouse"),
    models: localModels(),
    env: readEnvironment(root),
    host,
    password,
  });
}

let running;
try {
  running = await start();
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
for (const [service, url] of Object.entries(running.urls))
  console.log(`${service.padEnd(10)} ${url}`);
console.log("Ctrl-C ends it.");

let ending = false;
async function end() {
  if (ending) return; // npm forwards a terminal's Ctrl-C, which thus arrives twice
  ending = true;
  try {
    await running.close();
    process.exit(0);
  } catch (error) {
    console.error(error.message);
    process.exit(1);
  }
}
process.on("SIGINT", end).on("SIGTERM", end);

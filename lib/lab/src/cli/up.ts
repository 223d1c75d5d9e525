import { join } from "node:path";
import { bearerFor, listen, up } from "embedded-gateway";
import { localModels } from "../agents/local/app";
import { configFiles } from "../project/config-files";
import { readEnvironment } from "../project/environment";
import { command, UsageError } from "./command";

export default command({
  usage: "npm run up [-- models] [options]",
  about:
    "Is docker compose without Docker: serves the gateway on port 3000, ClickHouse's HTTP interface on 8123 and the local\n" +
    'models on 3030, in one process, until Ctrl-C. With "models", those alone.',
  options: {
    host: { value: "address", default: "127.0.0.1", help: "where to listen" },
    password: {
      value: "word",
      help: "asked of every request; needed with a host that other machines reach; default: none",
    },
  },
  takesWords: true,
  async run({ host, password }, words, root) {
    if (words.length > 1 || (words[0] ?? "models") !== "models")
      throw new UsageError(`There is no service "${words.join(" ")}".`);
    const start = words.length === 0 ? serveAll : serveModels;
    const running = await start(host, password, root);
    for (const [service, url] of Object.entries(running.urls))
      console.log(`${service.padEnd(10)} ${url}`);
    console.log("Ctrl-C ends it.");
    // subtle: npm forwards a terminal's Ctrl-C, which thus arrives twice.
    await new Promise((end) => process.on("SIGINT", end).on("SIGTERM", end));
    await running.close();
    process.exit(0);
  },
});

/** The models need no store, so this works where the embedded ClickHouse has no build. */
async function serveModels(host: string, password: string | undefined) {
  const bearer = bearerFor(host, password);
  const { url, close } = await listen("models", localModels(), { host, bearer });
  return { urls: { models: url }, close };
}

function serveAll(host: string, password: string | undefined, root: string) {
  return up({
    configPath: configFiles(root),
    dataDir: join(root, "data", ".local", "clickhouse"),
    models: localModels(),
    env: readEnvironment(root),
    host,
    password,
    log: console.warn,
  });
}

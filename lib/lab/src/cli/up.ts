import { join } from "node:path";
import { guardFor, isLoopback, listen, readTextFile, type UpOptions, up } from "embedded-gateway";
import { localModels } from "../agents/local/app";
import { COMPOSE_PASSWORD } from "../connection/locate";
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
    "password-file": {
      value: "file",
      help: "its first line is ClickHouse's password, which all services ask for with a host that other machines reach; default: the variable UP_PASSWORD, else one made at each start",
    },
    password: {
      value: "word",
      help: "the same on the command line, where other users of this machine can read it; default: as above",
    },
    "compose-password": {
      help: "ClickHouse's password is that of docker-compose.yml, for a gateway that knows no other",
    },
    "allow-outside": {
      help: "lets ClickHouse's statements reach files, programs and addresses: file(), url(), INTO OUTFILE and the like",
    },
  },
  takesWords: true,
  async run(options, words, root) {
    if (words.length > 1 || (words[0] ?? "models") !== "models")
      throw new UsageError(`There is no service "${words.join(" ")}".`);
    const { host } = options;
    const password = passwordOf(options, root);
    const running = await (words.length === 0
      ? serveAll({ host, password, allowOutside: options["allow-outside"] }, root)
      : serveModels(host, password));
    for (const [service, url] of Object.entries(running.urls))
      console.log(`${service.padEnd(10)} ${url}`);
    if (words.length === 0)
      console.log(
        "Notebooks and commands of this folder find them. ClickHouse's password is in data/.local/up.json, for you alone.",
      );
    console.log("Ctrl-C ends it.");
    // subtle: npm forwards a terminal's Ctrl-C, which thus arrives twice.
    await new Promise((end) => process.on("SIGINT", end).on("SIGTERM", end));
    await running.close();
    process.exit(0);
  },
});

interface PasswordOptions {
  readonly host: string;
  readonly password: string | undefined;
  readonly "password-file": string | undefined;
  readonly "compose-password": boolean;
}

/** @throws UsageError more than one is given, or an empty one */
function passwordOf(options: PasswordOptions, root: string): string | undefined {
  const { password, "password-file": file, "compose-password": isComposes } = options;
  if ([password, file, isComposes || undefined].filter((it) => it !== undefined).length > 1)
    throw new UsageError("Give one of --password, --password-file and --compose-password.");
  if (isComposes && !isLoopback(options.host))
    throw new UsageError("--compose-password is no secret: it is for an address of this machine.");
  if (isComposes) return COMPOSE_PASSWORD;
  if (password !== undefined) {
    // This process's own command line; npm's and the shell's cannot be changed.
    process.title = "npm run up";
    console.warn(
      "The password stands in npm's command line, where other users of this machine can read it. UP_PASSWORD, also in .env, or --password-file hides it.",
    );
  }
  const given =
    password ??
    (file === undefined ? readEnvironment(root).UP_PASSWORD : readTextFile(file).trim());
  if (given === "") throw new UsageError("The password is empty.");
  return given;
}

/** The models need no store, so this works where the embedded ClickHouse has no build. */
async function serveModels(host: string, password: string | undefined) {
  const { url, close } = await listen("models", localModels(), {
    host,
    ...guardFor(host, password),
  });
  return { urls: { models: url }, close };
}

function serveAll(options: Pick<UpOptions, "host" | "password" | "allowOutside">, root: string) {
  return up({
    ...options,
    configPath: configFiles(root),
    dataDir: join(root, "data", ".local", "clickhouse"),
    models: localModels(),
    env: readEnvironment(root),
    log: console.warn,
  });
}

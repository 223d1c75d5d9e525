import { join } from "node:path";
import {
  guardFor,
  isLoopback,
  listen,
  readTextFile,
  type Up,
  type UpOptions,
  up,
  upOnServer,
} from "embedded-gateway";
import { localModels } from "../agents/local/app";
import { didYouMean } from "../basics/did-you-mean";
import { COMPOSE_PASSWORD } from "../connection/locate";
import { openLab } from "../lab";
import { configFiles } from "../project/config-files";
import { readEnvironment } from "../project/environment";
import { command, UsageError } from "./command";

export default command({
  usage: "npm run up [-- models | gateway] [options]",
  about:
    "Is docker compose without Docker: serves the gateway on port 3000, ClickHouse's HTTP interface on 8123 and the local\n" +
    "models on 3030, in one process, until Ctrl-C, and beside them the pages of npm run view.\n" +
    'With "models", those alone; with "gateway", the gateway alone, on the ClickHouse server that CLICKHOUSE_URL names.',
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
    "in-container": {
      help: "no password, though other machines reach the host: for a container whose ports are published on 127.0.0.1 only; requests for any other name than localhost are refused",
    },
    "allow-outside": {
      help: "lets ClickHouse's statements reach files, programs and addresses: file(), url(), INTO OUTFILE and the like",
    },
  },
  takesWords: true,
  async run(options, words, root) {
    const running = await start(words.join(" "), options, root);
    for (const [service, url] of Object.entries(running.urls))
      console.log(`${service.padEnd(10)} ${url}`);
    const lab = words.length === 0 ? await openLab({ project: root }) : null;
    if (lab !== null) {
      await lab.view();
      console.log(
        "Notebooks and commands of this folder join the store. ClickHouse's password is in data/.local/up.json, for you alone.",
      );
    }
    if (words.length === 0 && !isLoopback(options.host))
      console.log(
        "Other machines reach them with TENSORZERO_GATEWAY_URL=http://<this machine>:3000, TENSORZERO_API_KEY=<password> and\n" +
          "CLICKHOUSE_URL=http://chuser:<password, percent-encoded>@<this machine>:8123/tensorzero.",
      );
    console.log("Ctrl-C ends it.");
    // subtle: npm forwards a terminal's Ctrl-C, which thus arrives twice.
    await new Promise((end) => process.on("SIGINT", end).on("SIGTERM", end));
    await lab?.close();
    await running.close();
    process.exit(0);
  },
});

function start(what: string, options: Options, root: string): Promise<Pick<Up, "urls" | "close">> {
  const { host, "in-container": isInContainer, "allow-outside": allowOutside } = options;
  const services = ["models", "gateway"];
  if (what !== "" && !services.includes(what))
    throw new UsageError(`There is no service "${what}".${didYouMean(what, services)}`);
  refuseUnused(what, options);
  const password = passwordOf(options, root);
  if (what === "") return serveAll({ host, password, allowOutside }, root);
  const guard = isInContainer ? {} : guardFor(host, password);
  if (what === "models") return serveModels(host, guard);
  return serveGateway(host, guard, root);
}

interface Options {
  readonly host: string;
  readonly "in-container": boolean;
  readonly "allow-outside": boolean;
  readonly password: string | undefined;
  readonly "password-file": string | undefined;
  readonly "compose-password": boolean;
}

/** @throws UsageError an option that would protect, or open, nothing of what is served */
function refuseUnused(what: string, options: Options): void {
  const { host, "in-container": isInContainer } = options;
  const isOfAll = ["allow-outside", "compose-password"] as const;
  const unused = isOfAll.find((name) => what !== "" && options[name]);
  if (unused) throw new UsageError(`--${unused} is of ClickHouse, which ${what} does not serve.`);
  if (what === "" && isInContainer)
    throw new UsageError('--in-container goes with "gateway" or "models" only.');
  const given = (["password", "password-file"] as const).find(
    (name) => options[name] !== undefined,
  );
  if (given && what !== "" && (isInContainer || isLoopback(host)))
    throw new UsageError(
      `--${given} is asked for by nobody here: ${isInContainer ? "--in-container does without one" : `only this machine reaches ${host}`}.`,
    );
}

/** @throws UsageError more than one is given, or an empty one */
function passwordOf(options: Options, root: string): string | undefined {
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
async function serveModels(host: string, guard: ReturnType<typeof guardFor>) {
  const { url, close } = await listen("models", localModels(), { host, ...guard });
  return { urls: { models: url }, close };
}

function serveGateway(host: string, guard: ReturnType<typeof guardFor>, root: string) {
  const env = readEnvironment(root);
  const clickhouseUrl = env.CLICKHOUSE_URL;
  if (!clickhouseUrl)
    throw new UsageError(
      "CLICKHOUSE_URL names no ClickHouse server. Set it, such as http://chuser:chpassword@localhost:8123/tensorzero.",
    );
  return upOnServer({
    ...{ clickhouseUrl, env, host, guard },
    configPath: configFiles(root),
    models: localModels(),
  });
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

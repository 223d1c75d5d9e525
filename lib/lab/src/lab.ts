import { mkdir, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import type { ClickHouseClient } from "@clickhouse/client";
import { testTasks, tasks as trainTasks } from "babyai";
import {
  connect,
  createGateway,
  describeDamage,
  inProcess,
  messageOf,
  patientFetch,
  reachModels,
  refusedPathFor,
  StoreOpenError,
  uuidv7,
} from "embedded-gateway";
import { localModels } from "./agents/local/app";
import { formatResults, type Provenance } from "./analysis/results";
import { saveCharts } from "./charts/save";
import { GatewayClient } from "./connection/client";
import { locateGateway } from "./connection/locate";
import { embeddedObstacle, remoteObstacle } from "./connection/obstacle";
import { evaluate } from "./experiment/evaluate";
import { interruptible } from "./experiment/interrupts";
import { episodeKey } from "./experiment/plan/grid";
import { type Plan, planRun } from "./experiment/plan/plan";
import {
  checkSettings,
  type EvaluateOptions,
  type ResumeOptions,
  SettingsError,
} from "./experiment/plan/settings";
import { plannedEpisodes } from "./experiment/planned";
import {
  type DemonstrateOptions,
  type Demonstrations,
  demonstrate,
} from "./experiment/play/demonstrate";
import type { EpisodeResult } from "./experiment/play/run-episode";
import { listRuns, prepareRun, type RunHistory, type RunRow } from "./experiment/resume";
import type { Run } from "./experiment/run";
import { settle } from "./experiment/settle";
import { defaultVariants } from "./experiment/variants/default-variants";
import { hasEnded, shutdownNotice } from "./experiment/variants/lifetime";
import { modelPrices } from "./experiment/variants/prices";
import { readVariants } from "./experiment/variants/variants";
import { configFiles } from "./project/config-files";
import { readEnvironment } from "./project/environment";
import { root } from "./project/root";
import { type EpisodeRow, type TryRow, tries } from "./queries/episodes";
import { insertFailure } from "./queries/runs/failures";
import { insertRunSettings } from "./queries/runs/run-settings";
import type { EpisodeKey } from "./queries/runs/run-state";
import { typicalUsage } from "./queries/runs/typical-usage";
import { serverVersion } from "./queries/version";

const { version } = require("../package.json") as { version: string };

export interface LabOptions {
  /** "embedded" takes the embedded gateway even where another one answers. Default: see `locateGateway`. */
  gateway?: "embedded";
  /** Folder of the embedded ClickHouse. Default: data/.local/clickhouse. */
  dataDir?: string;
  /** The clock that decides whether a model has been shut down. Default: the machine's. */
  now?: () => Date;
}

/** What a notebook works with: a gateway, a store, and experiments on them. */
export interface Lab {
  /** The client in use, for SQL of one's own. The tables are TensorZero's. */
  readonly clickhouse: ClickHouseClient;
  /** For inferences and feedback of one's own. */
  readonly gateway: GatewayClient;
  /** Which gateway and store this is, and why. */
  readonly about: string;
  /**
   * The variants on language models that have not been shut down and that the gateway can call; the local ones if there
   * are none. Prints
   * why a model is left out. A remote gateway is asked, by an inference of one token for each model that is not stored.
   */
  defaultVariants(): Promise<readonly string[]>;
  /** What `evaluate` would do at most. @throws SettingsError, ResumeError */
  plan(options: EvaluateOptions | ResumeOptions): Promise<Plan>;
  /**
   * Plays variants × tasks × seeds; stores every inference and every outcome. With a `run` it plays what that one lacks:
   * what failed or was cut off, and what was never begun. Ctrl-C, or the notebook's stop button, lets the episodes under
   * way come to their end; a second time stops at once.
   *
   * @throws SettingsError an option is wrong
   * @throws ResumeError there is no such run, or it was played with other settings; the message says which
   * @throws RunNotStoredError it ended, but ClickHouse does not show all of it
   */
  evaluate(options: EvaluateOptions | ResumeOptions): Promise<Run>;
  /** Lets the expert play and stores its actions as demonstrations, to learn from. @throws SettingsError */
  demonstrate(options: DemonstrateOptions): Promise<Demonstrations>;
  /** One row an episode of a run, from ClickHouse; one that was planned and never begun has no `episode_id` and no outcome. */
  episodes(filter: { run: string }): Promise<EpisodeRow[]>;
  /** All that a run has begun, with the tries that failed or were cut off and were then replaced by others. */
  tries(filter: { run: string }): Promise<TryRow[]>;
  /** All runs in the store, the newest first. */
  runs(): Promise<RunRow[]>;
  /** Writes a run's results.json and then its charts, as SVG and PNG, to data/.local/runs/<run>. A chart that cannot be drawn is a warning. */
  save(run: Run): Promise<SavedRun>;
  /**
   * Stores what is still on its way, then lets go of gateway and store.
   *
   * @throws RowsUnstoredError the embedded store takes no rows; they are in a file
   */
  close(): Promise<void>;
}

/** Absolute paths of what `save` wrote. */
export interface SavedRun {
  directory: string;
  charts: string[];
}

/**
 * Opens gateway and store, and prints in one line which and why: those that TENSORZERO_GATEWAY_URL and CLICKHOUSE_URL
 * name, else those on localhost:3000 if a gateway answers there, else both embedded in this process. Variables may
 * stand in .env.
 *
 * @throws GatewayNotFoundError a gateway was named and does not answer, or only one of the two variables is set
 * @throws StoreOpenError the store cannot be opened, for instance because another process holds the folder
 */
export async function openLab(options: LabOptions = {}): Promise<Lab> {
  const env = readEnvironment(root);
  const now = options.now ?? (() => new Date());
  const config = configFiles(root);
  const variants = readVariants(config);
  const prices = modelPrices(root, variants);
  const connection = await open(options, config, env);
  const { client, clickhouse, about, close } = connection;

  const priceOf = (model: string) => prices[model];
  const price = (variant: string) => priceOf(variants.get(variant)?.model ?? "");
  const played = (variant: string) => ({ ...variants.get(variant)!, price: price(variant) });
  const noticeOf = (variant: string) =>
    shutdownNotice(variants.get(variant)?.model ?? "", prices, now());
  const refuseEnded = (variant: string) => {
    if (!hasEnded(price(variant), now())) return;
    const successors = [...variants].filter(
      ([, { model }]) => model !== null && model === price(variant)?.successor,
    );
    const names = successors.map(([name]) => name).join(", ");
    throw new SettingsError(
      `${variant} cannot be played: ${noticeOf(variant)}${names && ` Play ${names} instead.`}`,
    );
  };
  const check = (evaluateOptions: EvaluateOptions) => {
    const settings = checkSettings(evaluateOptions, [...variants.keys()], played);
    for (const variant of settings.variants) refuseEnded(variant);
    return settings;
  };
  const history: RunHistory = { clickhouse, price: priceOf, flush: connection.flush };
  const prepare = (options: EvaluateOptions | ResumeOptions) =>
    prepareRun(options, { check, define: (name) => variants.get(name)?.definition ?? {}, history });

  const episodesOf = async ({ run }: { run: string }) => {
    await connection.flush();
    return plannedEpisodes(clickhouse, run);
  };

  console.log(about);
  return {
    clickhouse,
    gateway: client,
    about,
    defaultVariants: async () => {
      const { obstacle } = connection;
      const chosen = await defaultVariants({ variants, prices, now: now(), obstacle });
      for (const note of chosen.notes) console.log(note);
      return chosen.variants;
    },
    plan: async (options) => {
      const { settings, before } = await prepare(options);
      const typical = await typicalUsage(clickhouse);
      const isDone = (episode: EpisodeKey) => before.completed.has(episodeKey(episode));
      const plan = await planRun(settings, played, typical, isDone);
      const notices = new Set(settings.variants.map(noticeOf).filter((notice) => notice !== null));
      return { ...plan, text: [plan.text, ...notices].join("\n") };
    },
    evaluate: async (options) => {
      const { settings, before, record } = await prepare(options);
      await insertRunSettings(clickhouse, {
        run: before.run,
        id: uuidv7(),
        settings: JSON.stringify(record),
      });
      const recordFailure = (run: string, result: EpisodeResult) =>
        insertFailure(clickhouse, {
          run,
          variant: result.variant,
          task: result.task,
          seed: result.seed,
          episodeId: result.episodeId ?? uuidv7(),
          feedbackId: uuidv7(),
          error: result.error?.message ?? "",
        });
      const run = await interruptible(
        ({ drain, stop }) =>
          evaluate(
            {
              client,
              variant: played,
              recordFailure,
            },
            settings,
            {
              onProgress: options.onProgress,
              drain: either(options.drain, drain),
              signal: either(options.signal, stop),
            },
            before,
          ),
        () =>
          console.log(
            `The episodes under way come to their end; a second interrupt stops at once. To go on later: npm start -- --resume ${before.run}`,
          ),
      );
      await settle(run, connection);
      return run;
    },
    demonstrate: async (options) => {
      refuseEnded(options.variant);
      const functions = new Map([...variants].map(([name, info]) => [name, info.function]));
      const made = await demonstrate({ client, functions }, options);
      await connection.flush();
      return made;
    },
    episodes: episodesOf,
    tries: async ({ run }) => {
      await connection.flush();
      return tries(clickhouse, run);
    },
    runs: () => listRuns(history),
    save: async (run) => {
      const directory = join(root, "data", ".local", "runs", run.id);
      const rows = await episodesOf({ run: run.id });
      const models = Object.fromEntries(
        run.settings.variants.map((variant) => [
          variant,
          variants.get(variant)?.model ?? "several",
        ]),
      );
      const versions = {
        "babyai-lab": version,
        node: process.version,
        gateway: connection.gateway,
        clickhouse: await serverVersion(clickhouse),
      };
      await mkdir(directory, { recursive: true });
      const provenance = { ...provenanceOf(run), models, versions };
      const results = join(directory, "results.json");
      await writeFile(results, formatResults({ provenance, episodes: rows }));
      const charts = await saveCharts(rows, directory).catch((error: unknown) => {
        const where = relative(root, results);
        console.warn(
          `The charts were not drawn: ${messageOf(error)} The episodes are in ${where}.`,
        );
        return [];
      });
      return { directory, charts };
    },
    close,
  };
}

function either(given: AbortSignal | undefined, own: AbortSignal): AbortSignal {
  return given === undefined ? own : AbortSignal.any([given, own]);
}

/** How a run can be made again. */
function provenanceOf({
  settings,
  startedAt,
}: Run): Pick<Provenance, "command" | "date" | "seeds"> {
  const { variants, tasks, seeds, historyLength } = settings;
  const [seed = 0] = seeds;
  // The main notebook's words for the splits, else the ids.
  const isSplit = (split: readonly string[]) => tasks.join() === split.join();
  const what = isSplit(trainTasks) ? "train" : isSplit(testTasks) ? "test" : tasks;
  return {
    command: `npm start -- -p variants=${variants} -p tasks=${what} -p episodes=${seeds.length} -p seed=${seed} -p historyLength=${historyLength}`,
    date: startedAt.toISOString().slice(0, 10),
    seeds: `${seed} to ${seeds.at(-1)} on each task`,
  };
}

interface Connection {
  client: GatewayClient;
  clickhouse: ClickHouseClient;
  /** The gateway's name and version. */
  gateway: string;
  about: string;
  /** Why a model cannot be called; null when it can. */
  obstacle(model: string): Promise<string | null>;
  /** Makes visible what the gateway has taken; nothing that can be asked of a remote one. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

async function open(
  options: LabOptions,
  configPath: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<Connection> {
  const found =
    options.gateway === "embedded"
      ? ({ kind: "embedded", reason: "openLab was told so" } as const)
      : await locateGateway(env);
  if (found.kind === "remote") {
    const { gatewayUrl, clickhouseUrl, status, reason } = found;
    const clickhouse = await connect({ url: clickhouseUrl });
    const store = new URL(clickhouseUrl);
    const ping = await clickhouse.ping({ select: true });
    if (!ping.success) {
      await clickhouse.close();
      throw new StoreOpenError(
        "unreachable",
        `ClickHouse at ${store.host} takes no query (${ping.error.message || ping.error.name}). Start it, or correct CLICKHOUSE_URL.`,
        { cause: ping.error },
      );
    }
    const client = new GatewayClient({ url: gatewayUrl, fetch: patientFetch });
    return {
      client,
      clickhouse,
      gateway: `${status.server} ${status.version}`,
      about: `Gateway: ${status.server} ${status.version} at ${client.url}, because ${reason}. ClickHouse: ${store.host}.`,
      obstacle: (model) => remoteObstacle(client, model),
      flush: async () => {},
      close: () => clickhouse.close(),
    };
  }
  const dataDir = options.dataDir ?? join(root, "data", ".local", "clickhouse");
  const clickhouse = await connect({ dataDir });
  const damage = await describeDamage(clickhouse);
  if (damage !== null) console.warn(damage);
  const gateway = await createGateway({
    configPath,
    clickhouse,
    refusedPath: refusedPathFor(dataDir),
    env,
    fetch: reachModels(localModels(), env),
  });
  const client = new GatewayClient({ url: "http://embedded", fetch: inProcess(gateway.app) });
  return {
    client,
    clickhouse,
    gateway: `embedded, with the API of TensorZero ${(await client.status()).version}`,
    about: `Gateway: embedded, because ${found.reason}. ClickHouse: embedded, in ${relative(root, dataDir)}.`,
    obstacle: (model) => embeddedObstacle(gateway.config, env, model),
    flush: () => gateway.flush(),
    close: () => gateway.close().finally(() => clickhouse.close()),
  };
}

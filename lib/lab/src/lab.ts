import { mkdir, writeFile } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { inspect } from "node:util";
import type { ClickHouseClient } from "@clickhouse/client";
import { closedError, describeDamage, messageOf, printable, reachModels } from "embedded-gateway";
import { localModels } from "./agents/local/app";
import {
  type AgentFunctions,
  agentModels,
  agentVariants,
  checkAgents,
} from "./agents/local/own-agents";
import { type ModelFunctions, ownModelFiles } from "./agents/local/own-models";
import { checkCompared, compareRuns, type RunComparison } from "./analysis/compare";
import type { Quantity } from "./analysis/outcome";
import { formatResults } from "./analysis/results";
import { withExpertSteps } from "./analysis/simulator";
import { AnalysisError } from "./analysis/statistics/errors";
import { checkOptions } from "./basics/options";
import { type SqlValue, sql } from "./basics/sql";
import { saveCharts } from "./charts/save";
import type { GatewayClient } from "./connection/client";
import { openConnection } from "./connection/open";
import { showLink } from "./display/show";
import { Catalog } from "./experiment/catalog";
import { describeLosses } from "./experiment/losses";
import { checkPlayOptions } from "./experiment/plan/options";
import type { Plan } from "./experiment/plan/plan";
import {
  type EvaluateOptions,
  type ResumeOptions,
  SettingsError,
} from "./experiment/plan/settings";
import { plannedEpisodes } from "./experiment/planned";
import {
  checkDemonstrateOptions,
  type DemonstrateOptions,
  type Demonstrations,
  demonstrate,
} from "./experiment/play/demonstrate";
import { provenanceOf } from "./experiment/provenance";
import { listRuns, type RunRow } from "./experiment/resume";
import type { Run } from "./experiment/run";
import { defaultVariants } from "./experiment/variants/default-variants";
import { modelPrices } from "./experiment/variants/prices";
import { readVariants } from "./experiment/variants/variants";
import { type Examples, type ExamplesOptions, examples } from "./learn/examples";
import { type Taught, type TeachOptions, teach } from "./learn/teach";
import { historyOf, makePlan, type Opened, playRun } from "./play-run";
import { configFiles } from "./project/config-files";
import { readEnvironment } from "./project/environment";
import { root } from "./project/root";
import { type Annotation, annotate, checkAnnotation, tagsOfEpisode } from "./queries/annotations";
import { waitForDemonstrations } from "./queries/demonstrations";
import { type EpisodeRow, type TryRow, tries } from "./queries/episodes";
import { type AggregateRow, aggregates } from "./queries/runs/aggregates";
import { describeUnknownRun } from "./queries/runs/unknown-run";
import { serverVersion } from "./queries/version";
import { serveView, type View } from "./view/serve";

const { version } = require("../package.json") as { version: string };

export interface LabOptions {
  /** The folder that holds config/, .env and data/. Default: that of this library's own project. */
  project?: string;
  /** A `tensorzero.toml`, or the files of one configuration; paths are relative to `project`. Default: the project's config/models/*.toml and config/tensorzero.toml. */
  configPath?: string | readonly string[];
  /**
   * Models of one's own, by the name that variants in the configuration have for them; no other place names them. The
   * embedded gateway calls them as it calls a provider. They show as "not an LLM": serve one that is over HTTP.
   */
  models?: ModelFunctions;
  /** Told, a line at a time, what is going on and what is wrong, such as `console.log`. Default: nobody is; nothing is printed. */
  log?: (line: string) => void;
  /** "embedded" takes the embedded gateway even where another one answers. Default: see `locateGateway`. */
  gateway?: "embedded";
  /** Folder of the embedded ClickHouse, relative to `project`; none is called ":memory:". Default: data/.local/clickhouse. */
  dataDir?: string;
  /** False leaves it to others to look through the whole store for rows that it has lost: one worker among many. Default true. */
  looksForLosses?: boolean;
  /** The clock that decides whether a model has been shut down. Default: the machine's. */
  now?: () => Date;
}

/** What a notebook works with: a gateway, a store, and experiments on them. */
export interface Lab {
  /** The client in use, for SQL of one's own. The tables are TensorZero's. */
  readonly clickhouse: ClickHouseClient;
  /**
   * SQL of one's own with its values bound as parameters, and rows of the type given: counts come as numbers, integers that those
   * do not hold exactly as bigint.
   *
   *     const tokens = await lab.sql<{ variant: string; n: number }>`
   *       SELECT variant_name AS variant, count() AS n FROM JsonInference WHERE tags['run'] = ${run.id} GROUP BY variant`;
   */
  sql<Row extends object = Record<string, unknown>>(
    texts: TemplateStringsArray,
    ...values: SqlValue[]
  ): Promise<Row[]>;
  /** For inferences and feedback of one's own. */
  readonly gateway: GatewayClient;
  /** Which gateway and store this is now, and why. */
  readonly about: string;
  /**
   * The variants on language models that have not been shut down and that the gateway can call; the local ones if there
   * are none. `log` is told
   * why a model is left out. A remote gateway is asked, by an inference of one token for each model that is not stored.
   */
  defaultVariants(): Promise<readonly string[]>;
  /** What `evaluate` would do at most. @throws SettingsError, ResumeError */
  plan(options: EvaluateOptions | ResumeOptions): Promise<Plan>;
  /**
   * Plays variants × tasks × seeds, or × listed worlds; stores every inference and every outcome. With a `run` it plays what that one lacks:
   * what failed or was cut off, and what was never begun. Ctrl-C, or the notebook's stop button, lets the episodes under
   * way come to their end; a second time stops at once.
   *
   * `agents` are functions of one's own, played through the same gateway and stored as any variant, under a model that is named
   * "agent:<name>@<hash of its source>". They read what a language model with history would, and show as "not an LLM":
   *
   *     await lab.evaluate({ agents: { forward: ({ step }) => (step % 3 ? "go forward" : "turn left") }, variants: ["random"] });
   *
   * @throws RemoteModelsError `agents` are given, and the gateway is not the embedded one
   * @throws ModelFunctionError one of `agents` is no function, or there is none
   * @throws SettingsError an option is wrong
   * @throws ExamplesError the examples of a variant of in-context learning cannot be compared with an input
   * @throws ResumeError there is no such run, or it was played with other settings; the message says which
   * @throws RunHeldError another process plays the run, or some of it; or has taken it over, because this one was silent for a minute
   * @throws RunNotBegunError ClickHouse does not take its settings
   * @throws RunNotStoredError it ended, but ClickHouse does not show all of it
   */
  evaluate(options: EvaluateOptions | ResumeOptions | AgentOptions): Promise<Run>;
  /** Lets the expert play and stores its actions as demonstrations, to learn from. @throws SettingsError; OutcomesMissingError ClickHouse does not show them */
  demonstrate(options: DemonstrateOptions): Promise<Demonstrations>;
  /**
   * Stores what a person thinks of an episode, as TensorZero feedback: a comment, a rating from 1 to 5, or both. `episodes` has the
   * latest of each as `comment` and `rating`, `annotations` all of them.
   *
   * @throws AnnotationError; EpisodeNotFoundError the store holds no inference of the episode
   */
  annotate(episodeId: string, annotation: Annotation): Promise<void>;
  /**
   * Stored decisions of whole episodes, as examples to learn from: of runs, where the action is the one that was answered, and of
   * demonstrations, where it is the expert's.
   *
   * @throws ExamplesError the store has no such run, `where` names what is not there or leaves nothing, or the variant of `render`
   *   cannot make the prompts again; in the loop over an episode's `examples()`: it thinks before it acts, and a step has no thinking
   */
  examples(options: ExamplesOptions): Promise<Examples>;
  /**
   * Stores episodes' decisions as examples of a variant of in-context learning, in TensorZero's table
   * DynamicInContextLearningExample: at each turn the variant is shown those that are nearest by its embedding model. An example that the
   * variant has already is not stored again.
   *
   *     const { train } = await lab.examples({ run: run.id, where: { success: true } });
   *     await lab.teach({ variant: "nearest_example", episodes: train, historyLength: 0 });
   *     await lab.evaluate({ variants: ["nearest_example"], historyLength: 0 });
   *
   * @throws ExamplesError there is no such variant of in-context learning; it thinks before it acts, and a step has no thinking; or what it
   *   has cannot be compared with what the embedding model gives: the message says how to take that away
   * @throws GatewayError the embedding model did not answer, or not with vectors of one length; what is stored by then stays
   */
  teach(options: TeachOptions): Promise<Taught>;
  /** A run's finished episodes summed up by variant and task, in ClickHouse: for runs too large to hold their rows. */
  aggregates(filter: { run: string }): Promise<AggregateRow[]>;
  /** One row an episode of a run, from ClickHouse; one that was planned and never begun has no `episode_id` and no outcome. @throws SettingsError no run is named */
  episodes(filter: { run: string }): Promise<EpisodeRow[]>;
  /**
   * Rows of several runs, with the run's name (or else its id) behind the variant: for charts and `compareVariants`, which pair
   * what started in the same world and pool no runs.
   *
   *     const { rows, pairs } = await lab.compare(["20261122-143005-k3f9", "20261123-090000-x2p4"]);
   *     await showChart(pairedDifferences(rows, "success"));
   *
   * @throws AnalysisError less than two runs are given, one is not in the store, or no two share a world
   */
  compare(runs: readonly string[], quantity?: Quantity): Promise<RunComparison>;
  /** All that a run has begun, with the tries that failed or were cut off and were then replaced by others. */
  tries(filter: { run: string }): Promise<TryRow[]>;
  /** All runs in the store, the newest first. */
  runs(): Promise<RunRow[]>;
  /**
   * Serves pages that show the store, on this machine alone: runs, also those under way, comparisons, episodes and the player;
   * and shows where. They end with the lab.
   *
   * @param options `port` default: 3040, or where that is taken any free one
   * @throws SettingsError `port` is no port
   * @throws UpError the port that was given is taken
   */
  view(options?: { port?: number }): Promise<View>;
  /** Writes a run's results.json and then its charts, as SVG and PNG, to data/.local/runs/<run>. A chart that cannot be drawn is a warning. */
  save(run: Run): Promise<SavedRun>;
  /**
   * Stores what is still on its way, then lets go of gateway and store.
   *
   * @throws RowsUnstoredError the embedded store takes no rows; they are in a file
   */
  close(): Promise<void>;
}

/** As `EvaluateOptions`, or to resume as `ResumeOptions`, with agents of one's own. */
export type AgentOptions = Partial<EvaluateOptions> &
  Partial<ResumeOptions> & {
    /** By the names that the run has for them; none may be a variant's. They are played beside `variants`; of a resumed run those that it has. */
    agents: AgentFunctions;
  };

/** Absolute paths of what `save` wrote. */
export interface SavedRun {
  directory: string;
  charts: string[];
}

/**
 * Opens gateway and store: those that TENSORZERO_GATEWAY_URL and CLICKHOUSE_URL name, else those on localhost:3000 if a
 * gateway answers there, else both embedded in this process. Variables may stand in the project's .env. The embedded store is
 * shared by this user's processes: the first to open the folder holds it, the others join, and one of them takes its place when
 * it ends. Each has a gateway of its own, with its own configuration and models.
 *
 * @example
 * const lab = await openLab({ project: ".", gateway: "embedded", log: console.log });
 * @throws GatewayNotFoundError a gateway was named and does not answer, or only one of the two variables is set
 * @throws RemoteModelsError `models` are given, and the gateway is not the embedded one
 * @throws DamagedPartError a part of the store cannot be read; `npm run repair` puts it aside
 * @throws StoreOpenError the store cannot be opened, for instance because a process that does not answer holds the folder
 * @throws ConfigError the configuration is missing or wrong, or has a model of the same name as one of `models`
 * @throws ModelFunctionError one of `models` is no function
 */
export async function openLab(options: LabOptions = {}): Promise<Lab> {
  return openWith(options, {});
}

/** @param agents functions that are variants of this lab alone */
async function openWith(options: LabOptions, agents: AgentFunctions): Promise<Lab> {
  const { gateway, now = () => new Date() } = options;
  const models = { ...options.models, ...agentModels(agents) };
  const log = (line: string) => options.log?.(printable(line));
  const project = resolve(options.project ?? root);
  const env = readEnvironment(project);
  const files = [options.configPath ?? configFiles(project)].flat();
  const configPath = [
    ...files.map((path) => resolve(project, path)),
    ...ownModelFiles(models),
    ...agentVariants(agents),
  ];
  const variants = readVariants(configPath);
  const catalog = new Catalog(variants, modelPrices(project, variants), now);
  const ownModels = Object.keys(models);
  const connection = await openConnection({
    ...{ gateway, project, configPath, env, ownModels, log },
    dataDir: resolve(project, options.dataDir ?? join("data", ".local", "clickhouse")),
    fetch: reachModels(localModels(models), env, ownModels.length > 0),
  });
  const opened = { project, catalog, connection, log, options };
  if (Object.keys(agents).length > 0) return labOf(opened);
  log(connection.about);
  if (options.looksForLosses !== false)
    await tellOfLosses(opened).catch(async (error) => {
      await connection.close();
      throw error;
    });
  return labOf(opened);
}

async function tellOfLosses(opened: LabParts): Promise<void> {
  const { damage } = opened.connection;
  if (damage.length > 0) opened.log(describeDamage(damage));
  const lines = await describeLosses(historyOf(opened), damage.length > 0);
  for (const line of lines) opened.log(line);
}

/** What a lab works with. */
interface LabParts extends Opened {
  project: string;
  options: LabOptions;
}

/** Opens the same store once more, with these agents, for the time of a run. */
async function playAgents(
  { connection, options: opening }: LabParts,
  { agents, ...options }: AgentOptions,
): Promise<Run> {
  checkAgents(agents);
  await connection.flush();
  const own = await openWith(opening, agents);
  try {
    if (options.run !== undefined) return await own.evaluate({ ...options, run: options.run });
    const variants = [...(options.variants ?? []), ...Object.keys(agents)];
    return await own.evaluate({ ...options, variants });
  } finally {
    await own.close();
  }
}

function labOf(opened: LabParts): Lab {
  const { catalog, connection, log } = opened;
  const { client, clickhouse } = connection;
  const annotateEpisode = async (episodeId: string, annotation: Annotation) => {
    checkAnnotation(annotation);
    await connection.flush();
    await annotate(client, episodeId, annotation, await tagsOfEpisode(clickhouse, episodeId));
    await connection.flush();
  };
  const views: View[] = [];
  let teaching: Promise<unknown> = Promise.resolve();
  let isClosed = false;
  /** Of what would wait for the store. */
  const refuseClosed = () => {
    if (isClosed) throw closedError();
  };
  return {
    clickhouse,
    sql: async (texts, ...values) => {
      await connection.flush();
      return sql(clickhouse, texts, values);
    },
    gateway: client,
    get about() {
      return connection.about;
    },
    defaultVariants: async () => {
      const { variants, prices, now } = catalog;
      const { obstacle } = connection;
      const chosen = await defaultVariants({ variants, prices, now: now(), obstacle });
      for (const note of chosen.notes) log(note);
      return chosen.variants;
    },
    plan: async (options) => {
      checkPlayOptions("lab.plan", options);
      return makePlan(opened, options);
    },
    evaluate: async (options) => {
      checkPlayOptions("lab.evaluate", options, { agents: true });
      refuseClosed();
      return "agents" in options && options.agents !== undefined
        ? playAgents(opened, options)
        : playRun(opened, options as EvaluateOptions | ResumeOptions);
    },
    demonstrate: async (options) => {
      checkDemonstrateOptions(options);
      refuseClosed();
      catalog.refuseEnded(options.variant);
      const made = await demonstrate({ client, variants: catalog.variants }, options);
      await connection.flush();
      await waitForDemonstrations(clickhouse, made.id, made.demonstrations);
      return made;
    },
    annotate: annotateEpisode,
    examples: async (options) => {
      await connection.flush();
      return examples({ clickhouse, variants: catalog.variants }, options);
    },
    teach: (options) => {
      // One after the other: each looks at what is stored before it stores what is not.
      const taught = teaching.then(() =>
        teach({ client, clickhouse, variants: catalog.variants }, options),
      );
      teaching = taught.catch(() => {});
      return taught;
    },
    aggregates: async (filter) => {
      const run = runOf("lab.aggregates", filter);
      await connection.flush();
      return aggregates(clickhouse, run);
    },
    episodes: async (filter) => episodesOf(opened, runOf("lab.episodes", filter)),
    compare: async (runs, quantity = "success") => {
      checkCompared(runs, quantity);
      const labels = new Map((await listRuns(historyOf(opened))).map((row) => [row.run, row.name]));
      const parts = [];
      for (const run of runs) {
        if (!labels.has(run)) throw new AnalysisError(await describeUnknownRun(clickhouse, run));
        parts.push({ run, name: labels.get(run) ?? null, rows: await episodesOf(opened, run) });
      }
      return compareRuns(parts, quantity);
    },
    tries: async (filter) => {
      const run = runOf("lab.tries", filter);
      await connection.flush();
      return tries(clickhouse, run);
    },
    runs: () => listRuns(historyOf(opened)),
    view: async (options = {}) => {
      checkOptions(SettingsError, "lab.view", options, { port: true });
      const { port } = options;
      if (port !== undefined && !(Number.isInteger(port) && port >= 0 && port < 65_536))
        throw new SettingsError(`port is ${inspect(port)}: it must be a number from 0 to 65535`);
      refuseClosed();
      const view = await serveView(
        {
          clickhouse,
          prices: catalog.prices,
          about: () => connection.about,
          annotate: annotateEpisode,
        },
        port,
      );
      views.push(view);
      showLink("Runs and episodes", view.url);
      // What a notebook prints of a cell's last value.
      return Object.assign(view, { [inspect.custom]: () => view.url });
    },
    save: (run) => save(opened, run),
    close: async () => {
      isClosed = true;
      await Promise.all(views.splice(0).map((view) => view.close()));
      await connection.close();
    },
  };
}

/** The run that a query is of: none at all would be the rows that have no run. @throws SettingsError */
function runOf(what: string, filter: { run: string }): string {
  checkOptions(SettingsError, what, filter, { run: true });
  if (typeof filter.run === "string" && filter.run !== "") return filter.run;
  throw new SettingsError(
    `${what} is given the run ${inspect(filter.run)}: it must be a run's id, such as evaluate gives and lab.runs lists`,
  );
}

async function episodesOf({ connection }: LabParts, run: string): Promise<EpisodeRow[]> {
  await connection.flush();
  return plannedEpisodes(connection.clickhouse, run);
}

async function save(opened: LabParts, run: Run): Promise<SavedRun> {
  const { project, connection, log } = opened;
  const directory = join(project, "data", ".local", "runs", run.id);
  const rows = await episodesOf(opened, run.id);
  const provenance = provenanceOf(run, rows, {
    "babyai-lab": version,
    node: process.version,
    gateway: connection.gateway,
    clickhouse: await serverVersion(connection.clickhouse),
  });
  await mkdir(directory, { recursive: true });
  const results = join(directory, "results.json");
  await writeFile(results, formatResults({ provenance, episodes: rows }));
  const background = { prices: opened.catalog.prices };
  const drawn = saveCharts(withExpertSteps(rows), directory, {}, background);
  const charts = await drawn.catch((error: unknown) => {
    const where = relative(project, results);
    log(`The charts were not drawn: ${messageOf(error)} The episodes are in ${where}.`);
    return [];
  });
  return { directory, charts };
}

import { join } from "node:path";
import {
  type Difference,
  diffGateways,
  diffWithReal,
  messageOf,
  oneLine,
  PeerError,
  PROBES,
  SHIPPED,
  sift,
  startPair,
} from "embedded-gateway";
import { localModels } from "../agents/local/app";
import { command, UsageError } from "./command";
import { differencesOf, playThroughPeer } from "./notebook-diff";

const RELEASE = "2026.6.0";

export default command({
  usage: "npm run gateway:diff -- <URL_A> <URL_B> | [version] --real",
  about:
    "Sends one list of requests to two gateways that serve the project's configuration and prints how they differ. The\n" +
    "exit code is 1 when they do, and 2 when one does not answer. Or to this gateway and TensorZero's own, out of its\n" +
    "Python package: then answers and stored rows are compared, and differences that are known and meant do not count;\n" +
    "or notebooks/babyai.ipynb is played through TensorZero's and compared with data/results/local.json to the last digit.",
  options: {
    real: {
      help: `compares with TensorZero's own gateway, ${RELEASE} or the version given; needs python3 of 3.10 or newer`,
    },
    notebook: {
      help: "with --real: plays the main notebook, all episodes of data/results/local.json, instead of the requests",
    },
    seeds: {
      value: "number",
      help: "with --notebook: of each variant and task, from the first on; default: all",
    },
  },
  takesWords: true,
  run({ real, notebook, seeds }, words, root) {
    if ((notebook && !real) || (seeds !== undefined && !notebook))
      throw new UsageError("--notebook goes with --real, and --seeds with --notebook.");
    if (!real) return diffUrls(words);
    const [version = RELEASE] = words;
    if (words.length > 1 || !/^\d+(\.\w+)+$/.test(version))
      throw new UsageError(`"${words.join(" ")}" is no version, such as ${RELEASE}.`);
    const folder = join(root, "data", ".local");
    const options = { version, folder, config: join(root, "config"), models: localModels() };
    const diff = notebook ? diffPlayed(options, root, seeds) : diffAsked(options);
    return diff.catch((error: Error) => {
      if (!(error instanceof PeerError)) throw error;
      console.error(error.message);
      return 2;
    });
  },
});

type PeerOptions = Parameters<typeof startPair>[0];

async function diffUrls(words: readonly string[]): Promise<number> {
  const [a, b] = words;
  if (a === undefined || b === undefined || words.length > 2)
    throw new UsageError("Two addresses are needed, such as http://localhost:3000.");
  const differences = await diffGateways(a, b).catch((error: Error) => {
    const what = error.name === "HttpUrlError" ? "An address" : "A gateway does not answer:";
    console.error(`${what} ${messageOf(error.cause ?? error)}`);
  });
  if (!differences) return 2;
  print(differences);
  console.log(`${SHIPPED.length} requests, ${differences.length} differences`);
  return differences.length === 0 ? 0 : 1;
}

async function diffAsked(options: PeerOptions): Promise<number> {
  const found = await diffWithReal({ ...options, probes: PROBES });
  const { others, stale } = sift(found.differences);
  print(others);
  for (const { probes, at } of stale) console.log(`known, but no more: ${probes} ${at}`);
  const known = found.differences.length - others.length;
  console.log(
    `${PROBES.length} requests and ${found.rows} rows: ${known} known differences, ${others.length} others; ` +
      `${stale.length} known ones that show no more`,
  );
  return others.length + stale.length === 0 ? 0 : 1;
}

async function diffPlayed(options: PeerOptions, root: string, seeds?: string): Promise<number> {
  const count = seeds === undefined ? undefined : Number(seeds);
  if (count !== undefined && !(Number.isInteger(count) && count > 0))
    throw new UsageError(`--seeds takes a whole number above 0; got "${seeds}".`);
  const pair = await startPair(options);
  try {
    const { committed, played } = await playThroughPeer(pair, root, count);
    const differences = differencesOf(committed, played);
    print(differences);
    console.log(
      `${played.episodes.length} episodes, the table and ${played.images.size} images through TensorZero's gateway: ` +
        `${differences.length} differences from data/results/local.json`,
    );
    return differences.length === 0 ? 0 : 1;
  } finally {
    await pair.close();
  }
}

function print(differences: readonly Difference[]): void {
  const text = (value: unknown) => oneLine(JSON.stringify(value) ?? "nothing", 1000);
  for (const { probe, at, a, b } of differences)
    console.log(`${probe}: ${at}\n  A ${text(a)}\n  B ${text(b)}`);
}

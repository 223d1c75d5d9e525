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
} from "embedded-gateway";
import { localModels } from "../agents/local/app";
import { command, UsageError } from "./command";

const RELEASE = "2026.6.0";

export default command({
  usage: "npm run gateway:diff -- <URL_A> <URL_B> | [version] --real",
  about:
    "Sends one list of requests to two gateways that serve the project's configuration and prints how they differ. The\n" +
    "exit code is 1 when they do, and 2 when one does not answer. Or to this gateway and TensorZero's own, out of its\n" +
    "Python package: then answers and stored rows are compared, and differences that are known and meant do not count.",
  options: {
    real: {
      help: `compares with TensorZero's own gateway, ${RELEASE} or the version given; needs python3 of 3.10 or newer`,
    },
  },
  takesWords: true,
  run: ({ real }, words, root) => (real ? diffReal(words, root) : diffUrls(words)),
});

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

async function diffReal(words: readonly string[], root: string): Promise<number> {
  const [version = RELEASE] = words;
  if (words.length > 1 || !/^\d+(\.\w+)+$/.test(version))
    throw new UsageError(`"${words.join(" ")}" is no version, such as ${RELEASE}.`);
  const found = await diffWithReal({
    version,
    folder: join(root, "data", ".local"),
    config: join(root, "config"),
    models: localModels(),
    probes: PROBES,
  }).catch((error: Error) => {
    if (!(error instanceof PeerError)) throw error;
    console.error(error.message);
  });
  if (!found) return 2;
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

function print(differences: readonly Difference[]): void {
  const text = (value: unknown) => oneLine(JSON.stringify(value) ?? "nothing", 1000);
  for (const { probe, at, a, b } of differences)
    console.log(`${probe}: ${at}\n  A ${text(a)}\n  B ${text(b)}`);
}

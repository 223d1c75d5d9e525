import { patientFetch } from "../models/outbound";
import { compare, type Difference, withNames } from "./compare";
import type { Probe } from "./probes/probe";
import { SHIPPED } from "./probes/shipped";
import { type Answered, type Send, Side } from "./side";

/** Requests to one gateway at a time. */
const AT_ONCE = 8;

export interface DiffOptions {
  /** Default: those for this project's config/tensorzero.toml. */
  probes?: readonly Probe[];
  /** How a request is sent. Default: `patientFetch`. */
  send?: Send;
}

/**
 * Sends every probe to both gateways, then looks at what each stored for it, and lists what differs. Ids are compared by
 * what they are of; times, durations and hashes count as equal if both are there.
 */
export async function diffGateways(
  urlA: string,
  urlB: string,
  { probes = SHIPPED, send = patientFetch }: DiffOptions = {},
): Promise<Difference[]> {
  return (await diffSides([new Side(urlA, send), new Side(urlB, send)], probes)).flat();
}

/** As `diffGateways`; each probe's differences in its place. */
export async function diffSides(
  sides: readonly [Side, Side],
  probes: readonly Probe[],
): Promise<Difference[][]> {
  const answers = new Map<Probe, [Answered, Answered]>();
  const stored: [Map<string, unknown>, Map<string, unknown>] = [new Map(), new Map()];
  for (const stage of [0, 1, 2, 3]) {
    const now = probes.filter((probe) => stageOf(probe) === stage);
    await atOnce(now, async (probe) => {
      const [a, b] = sides;
      answers.set(probe, await Promise.all([a.ask(probe), b.ask(probe)]));
    });
    await Promise.all(
      sides.map(async (side, index) => {
        const kept = now.filter(isStored).flatMap(({ name }) => side.inference(name) ?? []);
        for (const [id, inference] of await side.stored(kept)) stored[index]?.set(id, inference);
      }),
    );
  }
  return probes.map((probe) => {
    const found: Difference[] = [];
    const report = (at: string, a: unknown, b: unknown) =>
      found.push({ probe: probe.name, at, a, b });
    const [a, b] = sides.map((side, index) => {
      const answered = answers.get(probe)?.[index];
      const inference = isStored(probe) ? side.inference(probe.name) : undefined;
      const row = inference && (stored[index]?.get(inference) ?? "nothing");
      return withNames({ ...answered, stored: row }, side.names) as Partial<Answered>;
    });
    const words = (answer: Partial<Answered> | undefined) => ({ ...answer, body: undefined });
    // What follows from another status, or from being refused elsewhere, is no difference of its own.
    if (a?.status === b?.status && a?.by === b?.by) compare(a, b, report);
    else if (a?.status === b?.status) compare(words(a), words(b), report);
    else
      report("status", { status: a?.status, body: a?.body }, { status: b?.status, body: b?.body });
    return found;
  });
}

/** Inferences, those that need earlier ones, feedback on them, and what is read from the store. */
function stageOf({ path, body, late }: Probe): number {
  if (path.startsWith("/v1/")) return 3;
  if (path === "/feedback") return 2;
  return late || JSON.stringify(body)?.includes("$") ? 1 : 0;
}

function isStored({ path, body }: Probe): boolean {
  const isInference = path === "/inference" || path === "/openai/v1/chat/completions";
  return isInference && !/dryrun":true/.test(JSON.stringify(body) ?? "");
}

async function atOnce<T>(items: readonly T[], run: (item: T) => Promise<void>): Promise<void> {
  const left = items.values();
  const worker = async () => {
    for (const item of left) await run(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

/**
 * A hundred workers and one store, on paper: rows and parts that arrive, merges that keep up or do not. Nothing runs but
 * arithmetic. `npm run bench -- workers [inferences a second]`.
 */

/** Of an inference, by table: rows, and compressed bytes (measured, 41,072 inferences of the local agents, 0.82 KB in all). */
const TABLES: Record<string, { rows: number; bytes: number }> = {
  ModelInference: { rows: 1, bytes: 550 },
  JsonInference: { rows: 1, bytes: 80 },
  TagInference: { rows: 5, bytes: 110 },
  InferenceTag: { rows: 5, bytes: 55 },
  InferenceById: { rows: 1, bytes: 13 },
  InferenceByEpisodeId: { rows: 1, bytes: 13 },
};

/** A ClickHouse server: merges at a time (background_pool_size), what one writes, what each costs besides. */
const SERVER = { merges: 16, bytesPerSecond: 50e6, secondsEach: 0.02 };

/** Parts of a table at which inserts are delayed, and refused (parts_to_delay_insert, parts_to_throw_insert). */
const DELAYED = 1000;
const REFUSED = 3000;

const MERGED_AT_ONCE = 10;
const HOURS = 3;

interface Way {
  name: string;
  /** Inserts a second into each table, of all gateways together. */
  inserts: (inferencesPerSecond: number) => number;
}

const GATEWAYS = 10;
const WAYS: Way[] = [
  { name: "a part for each row (no batches, no async_insert)", inserts: (rate) => rate },
  { name: "async_insert, 200 ms (TensorZero's default)", inserts: (rate) => Math.min(rate, 5) },
  {
    name: `batch_writes, 100 ms, ${GATEWAYS} gateways`,
    inserts: (rate) => Math.min(rate, 10 * GATEWAYS),
  },
  {
    name: `batch_writes, 1 s, ${GATEWAYS} gateways (deploy/scale.toml)`,
    inserts: (rate) => Math.min(rate, GATEWAYS),
  },
  {
    name: `this project's gateway, ${GATEWAYS} of them`,
    inserts: (rate) => Math.min(rate, GATEWAYS),
  },
];

/** Seconds that a merge of these bytes takes. */
const took = (bytes: number) => SERVER.secondsEach + bytes / SERVER.bytesPerSecond;

/** Takes ten parts of like size for a merge, the smallest there are: none larger than half of the others together. */
function takeAlike(parts: number[]): number | null {
  parts.sort((a, b) => a - b);
  for (let i = 0; i + MERGED_AT_ONCE <= parts.length; i++) {
    const some = parts.slice(i, i + MERGED_AT_ONCE);
    const bytes = some.reduce((sum, part) => sum + part, 0);
    if (some.at(-1)! > (bytes - some.at(-1)!) / 2) continue;
    parts.splice(i, MERGED_AT_ONCE);
    return bytes;
  }
  return null;
}

/** Simulates the parts of all tables, a tenth of a second at a time. */
function simulate(insertsPerSecond: number, inferencesPerSecond: number) {
  const tick = 0.1;
  const tables = Object.values(TABLES).map(({ bytes }) => ({ bytes, parts: [] as number[] }));
  const merging: { until: number; table: number; bytes: number }[] = [];
  let [most, written, busy, due] = [0, 0, 0, 0];
  for (let now = 0; now < HOURS * 3600; now += tick) {
    for (let i = merging.length - 1; i >= 0; i--) {
      const { until, table, bytes } = merging[i]!;
      if (until > now) continue;
      tables[table]!.parts.push(bytes);
      merging.splice(i, 1);
    }
    due += insertsPerSecond * tick;
    for (; due >= 1; due--)
      for (const { parts, bytes } of tables)
        parts.push((bytes * inferencesPerSecond) / insertsPerSecond);
    const byParts = [...tables.keys()].sort(
      (a, b) => tables[b]!.parts.length - tables[a]!.parts.length,
    );
    for (const table of byParts) {
      while (merging.length < SERVER.merges) {
        const bytes = takeAlike(tables[table]!.parts);
        if (bytes === null) break;
        merging.push({ until: now + took(bytes), table, bytes });
        written += bytes;
      }
    }
    busy += merging.length * tick;
    most = Math.max(most, ...tables.map(({ parts }) => parts.length));
    if (most >= REFUSED) return { most, refusedAfter: now, amplification: null, busy: 1 };
  }
  const inserted =
    Object.values(TABLES).reduce((sum, { bytes }) => sum + bytes, 0) *
    inferencesPerSecond *
    HOURS *
    3600;
  return {
    most,
    refusedAfter: null,
    amplification: (written + inserted) / inserted,
    busy: busy / (SERVER.merges * HOURS * 3600),
  };
}

export async function run([given]: string[]): Promise<void> {
  const rates = given === undefined ? [50, 500, 5000] : [Number(given)];
  const rows = Object.values(TABLES).reduce((sum, table) => sum + table.rows, 0);
  const bytes = Object.values(TABLES).reduce((sum, table) => sum + table.bytes, 0);
  for (const rate of rates) {
    console.log(
      `${rate} inferences/s: ${rows * rate} rows/s, ${((bytes * rate) / 1e6).toFixed(2)} MB/s, ${((bytes * rate * 3600 * HOURS) / 1e9).toFixed(1)} GB in ${HOURS} h`,
    );
    for (const { name, inserts } of WAYS) {
      const perSecond = inserts(rate);
      const { most, refusedAfter, amplification, busy } = simulate(perSecond, rate);
      const end =
        refusedAfter !== null
          ? `REFUSED after ${refusedAfter.toFixed(0)} s`
          : `${most >= DELAYED ? "DELAYED, " : ""}at most ${most} parts, each byte written ${amplification!.toFixed(1)} times, merges busy ${(100 * busy).toFixed(0)} %`;
      console.log(
        `  ${name}: ${perSecond.toFixed(0)} parts/s a table, ${Math.round(rate / perSecond)} inferences each; ${end}`,
      );
    }
  }
}

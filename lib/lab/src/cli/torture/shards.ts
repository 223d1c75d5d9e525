import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { textTable } from "../../display/table";
import { type Kills, type Played, Site } from "./site";

export interface ShardTorture extends Omit<Kills, "everyMs"> {
  shards: number;
  /** Of each of the five tasks. */
  episodes: number;
}

/** One process alone plays so much of the run, and 20 episodes of each task at least: enough to see how fast it is. */
const ALONE = 1 / 20;

/** Of the time that one process would take, most kills fall into this part. */
const KILLING = 0.5;

/**
 * Plays a run in shards, each a process of its own as on a machine of its own, through one gateway and store; kills workers and
 * the gateway (kill -9) at random moments and starts them again, as a scheduler does. Then SQL says what there is. Ctrl-C ends
 * the run before its time.
 *
 * @returns the exit code
 */
export async function tortureShards(options: ShardTorture, root: string): Promise<number> {
  const local = join(root, "data", ".local");
  mkdirSync(local, { recursive: true });
  const folder = mkdtempSync(join(local, "torture-shards-"));
  const site = await Site.open(root, folder);
  const stop = () => site.stop();
  process.once("SIGINT", stop).once("SIGTERM", stop);
  try {
    const { shards, episodes, kills, gatewayKills } = options;
    const few = Math.min(episodes, Math.max(20, Math.round(ALONE * episodes)));
    const alone = await site.play("alone", 1, few, null);
    const everyMs = (KILLING * alone.ms * episodes) / few / (kills + gatewayKills);
    const together = await site.play("together", shards, episodes, {
      ...{ kills, gatewayKills, everyMs },
    });
    const [own, found] = [await look(site, "alone"), await look(site, "together")];
    console.log(
      textTable([row("1 process", alone, own.done), row(`${shards}`, together, found.done)]),
    );
    const planned = 5 * episodes;
    const percent = ((100 * found.doubles) / Math.max(1, found.done)).toFixed(3);
    console.log(
      `${found.done} of ${planned} episodes were played to their end, in ${found.tries} tries; of ${found.done - found.whole} rows are lost. ` +
        `Doubles: ${together.doublesShown} shown, ${found.doubles} by SQL, ${percent} %.`,
    );
    console.log(`Stored of both runs: ${await size(site)}.`);
    const isRight = found.whole === planned && together.doublesShown === found.doubles;
    console.log(isRight ? "Nothing is lost." : "SOMETHING IS WRONG, or it was stopped.");
    return isRight ? 0 : 1;
  } finally {
    process.off("SIGINT", stop).off("SIGTERM", stop);
    site.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Ideal: all cores do nothing else, and nobody waits. */
function row(name: string, { ms, cpuSeconds, ...played }: Played, episodes: number) {
  const cores = availableParallelism();
  return {
    processes: name,
    episodes,
    seconds: Math.round(ms / 1000),
    "episodes/s": Number((episodes / (ms / 1000)).toFixed(1)),
    "processor s": cpuSeconds === null ? null : Math.round(cpuSeconds),
    [`ideal s, ${cores} cores`]: cpuSeconds === null ? null : Math.round(cpuSeconds / cores),
    starts: played.starts,
    killed: played.kills,
    "gateway killed": played.gatewayKills,
  };
}

interface Found {
  /** Episodes with a stored `success`, each once, and how often there was one more. */
  done: number;
  doubles: number;
  /** Those of which all rows are there. */
  whole: number;
  tries: number;
}

/** What SQL finds of a run, without any query of this library. */
async function look(site: Site, run: string): Promise<Found> {
  const [found] = await site.select<Found>(
    `WITH
      success AS (
        SELECT target_id AS episode_id, any(tags['task']) AS task, any(tags['seed']) AS seed
        FROM BooleanMetricFeedback WHERE metric_name = 'success' AND tags['run'] = {run:String} GROUP BY target_id
      ),
      played AS (
        SELECT episode_id, uniqExact(tags['step']) AS steps FROM JsonInference WHERE tags['run'] = {run:String} GROUP BY episode_id
      ),
      called AS (
        SELECT episode_id, count() AS calls FROM JsonInference INNER JOIN ModelInference ON JsonInference.id = ModelInference.inference_id
        WHERE tags['run'] = {run:String} GROUP BY episode_id
      ),
      measured AS (
        SELECT target_id, anyIf(value, metric_name = 'episode_length') AS length, uniqExact(metric_name) AS metrics
        FROM FloatMetricFeedback WHERE tags['run'] = {run:String} GROUP BY target_id
      ),
      whole AS (
        SELECT task, seed FROM success
          INNER JOIN played ON success.episode_id = played.episode_id
          INNER JOIN called ON success.episode_id = called.episode_id
          INNER JOIN measured ON success.episode_id = measured.target_id
        WHERE steps = length AND calls = length AND metrics = 4
      )
    SELECT
      toFloat64((SELECT uniqExact(task, seed) FROM success)) AS done,
      toFloat64((SELECT count() - uniqExact(task, seed) FROM success)) AS doubles,
      toFloat64((SELECT uniqExact(task, seed) FROM whole)) AS whole,
      toFloat64((SELECT count() FROM played)) AS tries`,
    { run },
  );
  return found!;
}

async function size(site: Site): Promise<string> {
  const [row] = await site.select<Record<"inferences" | "rows" | "parts" | "bytes", number>>(
    `SELECT
      toFloat64((SELECT count() FROM JsonInference)) AS inferences,
      toFloat64(sum(rows)) AS rows, toFloat64(count()) AS parts, toFloat64(sum(bytes_on_disk)) AS bytes
     FROM system.parts WHERE active AND database = currentDatabase()`,
  );
  const [server] = await site.select<Record<"inserts" | "seconds", number>>(
    "SELECT toFloat64(sumIf(value, event = 'InsertQuery')) AS inserts, toFloat64(uptime()) AS seconds FROM system.events",
  );
  const { inferences, rows, parts, bytes } = row!;
  const { inserts, seconds } = server!;
  return (
    `${inferences} inferences, ${rows} rows, ${parts} parts, ${(bytes / 1e6).toFixed(1)} MB, ${(bytes / inferences).toFixed(0)} bytes an inference; ` +
    `${inserts} inserts in the gateway's last ${seconds} s`
  );
}

import { SettingsError } from "../plan/settings";

interface Scheduler {
  name: string;
  index: string;
  /** Their number. */
  count: string;
  /** The first index; a variable, where the scheduler says it. */
  first: number | string;
}

const SCHEDULERS: readonly Scheduler[] = [
  {
    name: "Kubernetes",
    index: "JOB_COMPLETION_INDEX",
    count: "JOB_COMPLETION_COUNT", // deploy/kubernetes sets it: Kubernetes tells no count
    first: 0,
  },
  {
    name: "Slurm",
    index: "SLURM_ARRAY_TASK_ID",
    count: "SLURM_ARRAY_TASK_COUNT",
    first: "SLURM_ARRAY_TASK_MIN",
  },
  { name: "GNU parallel", index: "PARALLEL_JOBSLOT", count: "PARALLEL_JOBS", first: 1 },
];

type Env = Readonly<Record<string, string | undefined>>;

/**
 * The shard, as "3/8", that a scheduler has given this process: Kubernetes's Indexed Job, a Slurm array or GNU parallel.
 *
 * @returns undefined: there is none
 * @throws SettingsError it says an index without a count, or numbers that are no shard
 */
export function scheduledShard(env: Env): string | undefined {
  const scheduler = SCHEDULERS.find(({ index }) => env[index] !== undefined);
  if (scheduler === undefined) return undefined;
  const { name, index, count, first } = scheduler;
  const begin = typeof first === "string" ? Number(env[first] ?? 0) : first;
  const at = Number(env[index]) - begin + 1;
  const of = Number(env[count]);
  if (env[count] === undefined)
    throw new SettingsError(
      `${name} gave this process the index ${env[index]} (${index}) of how many? Set ${count}, or give --shard i/N.`,
    );
  if (Number.isInteger(at) && Number.isInteger(of) && at >= 1 && at <= of) return `${at}/${of}`;
  throw new SettingsError(
    `${index}=${env[index]} and ${count}=${env[count]} are no shard${typeof first === "string" ? ` (${first}=${env[first]}; array indices must follow each other)` : ""}. Correct them, or give --shard i/N.`,
  );
}

import { SettingsError } from "../plan/settings";

interface Scheduler {
  name: string;
  index: string;
  /** Their number. */
  count: string;
  /** The first index, and the last and the step between two; variables, where the scheduler says them. */
  first: number | string;
  last?: string;
  step?: string;
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
    last: "SLURM_ARRAY_TASK_MAX",
    step: "SLURM_ARRAY_TASK_STEP",
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
  const { name, index, count, first, last, step } = scheduler;
  const begin = typeof first === "string" ? number(env[first] ?? "0") : first;
  const apart = number((step && env[step]) ?? "1");
  const at = (number(env[index]) - begin) / apart + 1;
  const of = number(env[count]);
  // Of an array with gaps the number says nothing of an index.
  const hasGaps =
    last !== undefined && env[last] !== undefined && (number(env[last]) - begin) / apart + 1 !== of;
  if (env[count] === undefined)
    throw new SettingsError(
      `${name} gave this process the index ${env[index]} (${index}) of how many? Set ${count}, or give --shard i/N.`,
    );
  if (Number.isInteger(at) && at >= 1 && at <= of && !hasGaps) return `${at}/${of}`;
  throw new SettingsError(
    `${index}=${env[index]} and ${count}=${env[count]} are no shard${typeof first === "string" ? ` (${first}=${env[first]}; an array's indices must have no gaps)` : ""}. Correct them, or give --shard i/N.`,
  );
}

/** NaN for what is no number, such as a variable that is set and empty. */
const number = (text: string | undefined) => (/^\d+$/.test(text ?? "") ? Number(text) : Number.NaN);

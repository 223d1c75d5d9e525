import { SettingsError } from "../plan/settings";
import { scheduledShard } from "./scheduler";

/** What --array=min-max:step gives one of its tasks. */
function slurm(id: number, array: { count: number; min: number; max: number; step: number }) {
  const own = Object.entries(array).map(([name, value]) => [
    `SLURM_ARRAY_TASK_${name.toUpperCase()}`,
    String(value),
  ]);
  return { SLURM_ARRAY_TASK_ID: String(id), ...Object.fromEntries(own) };
}

test.each([
  [{}, undefined],
  [{ JOB_COMPLETION_INDEX: "0", JOB_COMPLETION_COUNT: "8" }, "1/8"],
  [{ JOB_COMPLETION_INDEX: "7", JOB_COMPLETION_COUNT: "8" }, "8/8"],
  [{ SLURM_ARRAY_TASK_ID: "3", SLURM_ARRAY_TASK_COUNT: "8", SLURM_ARRAY_TASK_MIN: "0" }, "4/8"],
  [{ SLURM_ARRAY_TASK_ID: "3", SLURM_ARRAY_TASK_COUNT: "8", SLURM_ARRAY_TASK_MIN: "1" }, "3/8"],
  [slurm(98, { count: 50, min: 0, max: 98, step: 2 }), "50/50"],
  [slurm(7, { count: 1, min: 7, max: 7, step: 1 }), "1/1"],
  [{ PARALLEL_JOBSLOT: "8", PARALLEL_JOBS: "8" }, "8/8"],
])("%p is the shard %p", (env, shard) => {
  expect(scheduledShard(env)).toBe(shard);
});

test.each([
  [
    { JOB_COMPLETION_INDEX: "3" },
    "Kubernetes gave this process the index 3 (JOB_COMPLETION_INDEX) of how many? Set JOB_COMPLETION_COUNT, or give --shard i/N.",
  ],
  [
    { PARALLEL_JOBSLOT: "9", PARALLEL_JOBS: "8" },
    "PARALLEL_JOBSLOT=9 and PARALLEL_JOBS=8 are no shard",
  ],
  [
    { SLURM_ARRAY_TASK_ID: "30", SLURM_ARRAY_TASK_COUNT: "4", SLURM_ARRAY_TASK_MIN: "0" },
    "(SLURM_ARRAY_TASK_MIN=0; an array's indices must have no gaps)",
  ],
  // Of --array=3,7 the first would play half of the run.
  [slurm(3, { count: 2, min: 3, max: 7, step: 1 }), "indices must have no gaps"],
  [{ JOB_COMPLETION_INDEX: "", JOB_COMPLETION_COUNT: "8" }, "JOB_COMPLETION_INDEX= and"],
  [{ JOB_COMPLETION_INDEX: "0", JOB_COMPLETION_COUNT: "0x8" }, "JOB_COMPLETION_COUNT=0x8"],
  [{ JOB_COMPLETION_INDEX: "x", JOB_COMPLETION_COUNT: "8" }, "JOB_COMPLETION_INDEX=x"],
])("%p is refused", (env, message) => {
  expect(() => scheduledShard(env)).toThrow(SettingsError);
  expect(() => scheduledShard(env)).toThrow(message);
});

import { SettingsError } from "../plan/settings";
import { scheduledShard } from "./scheduler";

test.each([
  [{}, undefined],
  [{ JOB_COMPLETION_INDEX: "0", JOB_COMPLETION_COUNT: "8" }, "1/8"],
  [{ JOB_COMPLETION_INDEX: "7", JOB_COMPLETION_COUNT: "8" }, "8/8"],
  [{ SLURM_ARRAY_TASK_ID: "3", SLURM_ARRAY_TASK_COUNT: "8", SLURM_ARRAY_TASK_MIN: "0" }, "4/8"],
  [{ SLURM_ARRAY_TASK_ID: "3", SLURM_ARRAY_TASK_COUNT: "8", SLURM_ARRAY_TASK_MIN: "1" }, "3/8"],
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
    "(SLURM_ARRAY_TASK_MIN=0; array indices must follow each other)",
  ],
  [{ JOB_COMPLETION_INDEX: "x", JOB_COMPLETION_COUNT: "8" }, "JOB_COMPLETION_INDEX=x"],
])("%p is refused", (env, message) => {
  expect(() => scheduledShard(env)).toThrow(SettingsError);
  expect(() => scheduledShard(env)).toThrow(message);
});

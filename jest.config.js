const { existsSync, statfsSync } = require("node:fs");
const { availableParallelism } = require("node:os");
const { setFlagsFromString } = require("node:v8");

// The tests' stores and projects lie in memory where Linux has room for them: some sixty stores of many small files are
// made and removed, which takes a third of the time that it takes on a disk. Who sets TMPDIR has the last word.
const MEMORY = "/dev/shm";
const ROOM_BYTES = 4 * 2 ** 30;
if (existsSync(MEMORY)) {
  const { bavail, bsize } = statfsSync(MEMORY);
  if (bavail * bsize > ROOM_BYTES) process.env.TMPDIR ??= MEMORY;
}

// Each file, and each process that it starts, runs its code anew and for seconds: V8 spends a fifth of them on optimizing what
// has no time to pay it back.
const LATER = "--interrupt-budget=600000";
const code = `import { setFlagsFromString } from "node:v8"; setFlagsFromString("${LATER}");`;
const preload = `--import data:text/javascript,${encodeURIComponent(code)}`;
if (!process.env.NODE_OPTIONS?.includes(preload)) {
  process.env.NODE_OPTIONS = `${process.env.NODE_OPTIONS ?? ""} --max-semi-space-size=32 ${preload}`;
  setFlagsFromString(LATER);
}

/** @type {import("jest").Config} */
module.exports = {
  roots: ["<rootDir>/lib", "<rootDir>/scripts"],
  testMatch: ["**/*.test.ts"],
  transform: { "\\.ts$": ["@swc/jest", { jsc: { target: "es2022" } }] },
  // The sources, not what was compiled of them.
  moduleNameMapper: {
    "^babyai$": "<rootDir>/lib/env/src",
    "^babyai/testing/(.*)$": "<rootDir>/lib/env/src/testing/$1",
    "^embedded-gateway$": "<rootDir>/lib/gateway/src",
    "^embedded-gateway/testing/(.*)$": "<rootDir>/lib/gateway/src/testing/$1",
    "^babyai-lab$": "<rootDir>/lib/lab/src",
  },
  // Tests run in a vm, where a look at a global is slow; this one is handed to every module.
  sandboxInjectedGlobals: ["Math"],
  // A file waits a third of its time, for a kernel, a browser or a clock. Jest itself would even leave a core free.
  maxWorkers: availableParallelism() + 1,
  // Ends a test that hangs; kernels and browsers start slowly on a busy machine.
  testTimeout: 180_000,
};

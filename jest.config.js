/** @type {import("jest").Config} */
module.exports = {
  roots: ["<rootDir>/lib/src", "<rootDir>/scripts"],
  testMatch: ["**/*.test.ts"],
  transform: { "\\.ts$": ["@swc/jest", { jsc: { target: "es2022" } }] },
  moduleNameMapper: { "^babyai-lab$": "<rootDir>/lib/src/index.ts" },
  // Jest leaves one core free by default; of two that is half.
  maxWorkers: "100%",
  // Ends a test that hangs; kernels and browsers start slowly on a busy machine.
  testTimeout: 180_000,
};

/** @type {import("jest").Config} */
module.exports = {
  roots: ["<rootDir>/lib/src", "<rootDir>/scripts"],
  testMatch: ["**/*.test.ts"],
  transform: { "\\.ts$": ["@swc/jest", { jsc: { target: "es2022" } }] },
  moduleNameMapper: { "^babyai-lab$": "<rootDir>/lib/src/index.ts" },
  // Jest leaves one core free by default; of two that is half.
  maxWorkers: "100%",
  testTimeout: 30_000,
};

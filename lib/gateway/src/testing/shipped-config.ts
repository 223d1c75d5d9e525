import { join } from "node:path";

/** The project's folder. */
export const root = join(__dirname, "..", "..", "..", "..");

/** The files of the configuration as they are shipped, without models that somebody has added. */
export const SHIPPED_CONFIG = [
  "models/gpt-4o-mini.toml",
  "models/gpt-6-luna.toml",
  "tensorzero.toml",
].map((file) => join(root, "config", file));

import { spawnSync } from "node:child_process";
import { type Browser, chromium } from "playwright-core";

/** The browser on the PATH, or that CHROMIUM names. */
const name = [process.env.CHROMIUM, "chromium", "chromium-browser", "google-chrome"].find(
  (each) => each && spawnSync(each, ["--version"], { stdio: "ignore" }).status === 0,
);

/** `describe`, for tests that need a browser: they are skipped where there is none. */
export function describeInChromium(title: string, tests: () => void): void {
  if (name === undefined)
    console.warn("Skipped: tests in a browser. Install chromium, or name one in CHROMIUM.");
  (name === undefined ? describe.skip : describe)(title, tests);
}

export function launchChromium(args: readonly string[] = []): Promise<Browser> {
  const path = spawnSync("sh", ["-c", `command -v ${name}`], { encoding: "utf8" });
  return chromium.launch({
    executablePath: path.stdout.trim(),
    args: ["--no-sandbox", ...args], // it runs as root in CI, and opens only our own pages
  });
}

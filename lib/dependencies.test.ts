import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

const root = dirname(__dirname);

// Not in the registry that the lock file was made from. npm checks them against the hash that the user's registry gives, and
// `npm run setup` says so where one is installed: SECURITY.md. scripts/lock-integrity.mjs fills them in where it finds them.
const NOT_PINNED = ["darwin-arm64", "darwin-x64", "linux-arm64-gnu"].map(
  (platform) => `node_modules/@chdb/lib-${platform}`,
);

test("package-lock.json has the hash of every package, of other platforms too, and names no registry", () => {
  const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as {
    packages: Record<string, { link?: boolean; integrity?: string; resolved?: string }>;
  };
  const installed = Object.entries(packages).filter(
    ([place, { link }]) => place.includes("node_modules/") && !link,
  );
  expect(installed.length).toBeGreaterThan(500);
  const without = installed.filter(
    ([, { integrity }]) => !/^sha512-.{86}==$/.test(integrity ?? ""),
  );
  expect(NOT_PINNED).toEqual(expect.arrayContaining(without.map(([place]) => place)));
  expect(installed.filter(([, { resolved }]) => resolved !== undefined)).toEqual([]);
});

test("importing babyai-lab does not load danfojs-node, making a frame does", () => {
  const script = `
    const lab = require("babyai-lab");
    const isLoaded = () => Object.keys(require.cache).some((file) => /node_modules.danfojs-node/.test(file));
    const before = isLoaded();
    lab.frame([{ a: 1 }]);
    console.log(JSON.stringify({ before, after: isLoaded() }));`;
  const output = execFileSync(process.execPath, ["-e", script], {
    cwd: join(root, "lib", "lab"),
    encoding: "utf8",
  });
  expect(JSON.parse(output.trim().split("\n").at(-1)!)).toEqual({ before: false, after: true });
});

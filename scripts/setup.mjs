// Makes a clone ready: Node's version, the packages of package-lock.json, lib's compiled code. Every
// command starts with it, so that each works alone on a fresh clone; when all is there it costs some
// milliseconds. (npm's install scripts are off in .npmrc, so nothing else would compile lib.)
import { spawnSync } from "node:child_process";
import {
  accessSync,
  constants,
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

const oldestNode = [20, 19];

function checkNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1])) return;
  stop(
    `Node ${oldestNode.join(".")} or newer is needed; this is ${process.version}. See https://nodejs.org`,
  );
}

function stop(message) {
  console.error(message);
  process.exit(1);
}

function run(what, command, args) {
  console.error(`${what}…`);
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: ["ignore", 2, 2] });
  if (status !== 0)
    stop(`${what} failed: ${[command, ...args].join(" ")}${error ? ` (${error.message})` : ""}`);
}

const lockFile = join(root, "package-lock.json");
const installedFile = join(root, "node_modules", ".package-lock.json");
const packages = (path) => JSON.parse(readFileSync(path, "utf8")).packages;

/** True when every package of the lock file is installed in its version. */
function isInstalled() {
  if (!existsSync(installedFile)) return false;
  const installed = packages(installedFile);
  return Object.entries(packages(lockFile)).every(([path, wanted]) => {
    if (path === "") return true;
    // What is absent is another platform's.
    return installed[path] ? installed[path].version === wanted.version : wanted.optional;
  });
}

/** Names what was installed without a hash in package-lock.json to hold it against. */
function tellUnpinned() {
  const installed = packages(installedFile);
  for (const [path, { version, integrity, link }] of Object.entries(packages(lockFile))) {
    if (integrity || link || !path.includes("node_modules/") || !installed[path]) continue;
    console.error(
      `package-lock.json has no hash of ${path.split("node_modules/").at(-1)} ${version}; this registry's is ` +
        `${installed[path].integrity}. npm audit signatures checks who published it.`,
    );
  }
}

function newestChange(path) {
  const stats = statSync(path);
  if (!stats.isDirectory()) return stats.mtimeMs;
  return Math.max(
    stats.mtimeMs,
    ...readdirSync(path).map((name) => newestChange(join(path, name))),
  );
}

/** True when lib was compiled after the last change to its sources. */
function isBuilt(stamp) {
  const { workspaces } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const sources = workspaces.flatMap((folder) => [`${folder}/src`, `${folder}/tsconfig.json`]);
  sources.push("lib/tsconfig.compile.json", "tsconfig.json", "package-lock.json");
  return (
    existsSync(stamp) &&
    sources.every((path) => newestChange(join(root, path)) < statSync(stamp).mtimeMs)
  );
}

function isWritable() {
  try {
    accessSync(root, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** In a container the folder may be mounted read-only; its host keeps it up to date. */
function useAsItIs(stamp) {
  const renew = "npm run setup, where it can be written, renews it.";
  if (!existsSync(stamp) || !existsSync(join(root, "node_modules")))
    stop(`${root} is read-only and not set up: ${renew}`);
  console.error(`${root} is read-only, so its older packages or code are used: ${renew}`);
}

/** Installs and compiles what is missing or out of date; ends the process when that fails. */
export function setup() {
  checkNode();
  const stamp = join(root, "lib", "lab", "dist", ".built");
  const installed = isInstalled();
  if (installed && isBuilt(stamp)) return;
  if (!isWritable()) return useAsItIs(stamp);
  // Whatever the machine leaves out by NODE_ENV or npm's own settings: compiling and the tests need it.
  const all = ["dev", "optional", "peer"].map((kind) => `--include=${kind}`);
  if (!installed) {
    run("Installing packages", "npm", ["ci", ...all]);
    tellUnpinned();
  }
  if (isBuilt(stamp)) return;
  const started = new Date();
  run("Compiling lib", process.execPath, [
    join("node_modules", "typescript", "bin", "tsc"),
    "-b",
    "lib/lab",
  ]);
  writeFileSync(stamp, "");
  utimesSync(stamp, started, started); // a change while compiling counts as newer
  // For programs that run notebooks by themselves: JUPYTER_PATH=data/.local/jupyter papermill …
  createRequire(import.meta.url)("../lib/lab/dist/cli/notebooks/kernel-spec.js").registerKernel(
    root,
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv.some((word) => word === "-h" || word === "--help"))
    console.log(
      "npm run setup\n\nInstalls the packages and compiles lib, where something is missing or out of date, and registers the\nnotebooks' kernel in data/.local/jupyter. Every other command begins with it.",
    );
  else setup();
}

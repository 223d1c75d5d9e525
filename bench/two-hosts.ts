/**
 * Two network namespaces of this machine as two hosts: gateway and store on one (`npm run up -- --host`), a worker on the other,
 * with password and key; wrong and missing ones; the link down for a minute. `npm run bench -- two-hosts`, as root on Linux.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const root = join(__dirname, "..");
const [SERVER, WORKER] = ["babyai-server", "babyai-worker"];
const ADDRESS = "10.213.77.1";
const PASSWORD = "p%2F two hosts"; // with signs that an address must encode
const AWAY_MS = 60_000;

const ip = (...args: string[]) => execFileSync("ip", args, { stdio: ["ignore", "ignore", "pipe"] });

export async function run(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "two-hosts-"));
  const projects = ["server", "worker"].map((name) => {
    mkdirSync(join(folder, name));
    symlinkSync(join(root, "config"), join(folder, name, "config"));
    return join(folder, name);
  }) as [string, string];
  let server: ChildProcess | undefined;
  try {
    connectHosts();
    server = command(SERVER, projects[0], ["up", "--host", ADDRESS], { UP_PASSWORD: PASSWORD });
    await new Promise<void>((resolve, reject) => {
      server?.stdout?.on("data", (text) => String(text).includes("Ctrl-C") && resolve());
      server?.once("exit", () => reject(new Error("npm run up ended")));
    });
    const clickhouse = (password: string) =>
      `http://chuser:${encodeURIComponent(password)}@${ADDRESS}:8123/tensorzero`;
    const right = {
      TENSORZERO_GATEWAY_URL: `http://${ADDRESS}:3000`,
      TENSORZERO_API_KEY: PASSWORD,
      CLICKHOUSE_URL: clickhouse(PASSWORD),
    };
    const play = (name: string, episodes: number, env: Record<string, string>) =>
      ended(
        command(
          ...[WORKER, projects[1]],
          ["start", "--run", name, "-p", "variants=rule_based", "-p", `episodes=${episodes}`],
          env,
        ),
      );
    print("the right key", await play("right", 5, right));
    print("a wrong key", await play("wrong", 5, { ...right, TENSORZERO_API_KEY: "wrong" }));
    print("no key", await play("none", 5, { ...right, TENSORZERO_API_KEY: "" }));
    print(
      "a wrong password of the store",
      await play("store", 5, { ...right, CLICKHOUSE_URL: clickhouse("wrong") }),
    );
    const playing = play("away", 200, right);
    await sleep(6000);
    ip("-n", WORKER, "link", "set", "to-server", "down");
    await sleep(AWAY_MS);
    ip("-n", WORKER, "link", "set", "to-server", "up");
    print(`the link down for ${AWAY_MS / 1000} s`, await playing);
  } finally {
    server?.kill("SIGKILL");
    for (const name of [SERVER, WORKER])
      try {
        ip("netns", "del", name);
      } catch {
        // it was not made
      }
    rmSync(folder, { recursive: true, force: true });
  }
}

function connectHosts(): void {
  for (const name of [SERVER, WORKER]) ip("netns", "add", name);
  ip(
    "link",
    "add",
    "to-worker",
    "netns",
    SERVER,
    "type",
    "veth",
    "peer",
    "to-server",
    "netns",
    WORKER,
  );
  for (const [name, link, address] of [
    [SERVER, "to-worker", ADDRESS],
    [WORKER, "to-server", ADDRESS.replace(/1$/, "2")],
  ] as const) {
    ip("-n", name, "addr", "add", `${address}/30`, "dev", link);
    for (const up of ["lo", link]) ip("-n", name, "link", "set", up, "up");
  }
}

/** A command of this project, on a host, for a folder that has nothing but the configuration. */
function command(
  host: string,
  project: string,
  [name, ...args]: string[],
  env: Record<string, string>,
): ChildProcess {
  const script = `require(${JSON.stringify(join(root, "lib/lab/dist/main.js"))})
    .main(${JSON.stringify(name)}, ${JSON.stringify(args)}, ${JSON.stringify(project)})
    .then((code) => process.exit(code))`;
  return spawn("ip", ["netns", "exec", host, process.execPath, "-e", script], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
}

async function ended(child: ChildProcess): Promise<{ code: number | null; text: string }> {
  let text = "";
  for (const stream of [child.stdout, child.stderr])
    stream?.on("data", (more) => {
      text += more;
    });
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { code, text };
}

function print(what: string, { code, text }: { code: number | null; text: string }): void {
  const lines = text
    .split("\n")
    .filter((line) => /key|Run |answer.*(again|waits)|takes no query/.test(line));
  console.log(`${what}: exit code ${code}`);
  for (const line of lines) console.log(`  ${line.trim().slice(0, 240)}`);
}

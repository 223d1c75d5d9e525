import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { root } from "./root";

interface Service {
  profiles: string[];
  image: string;
  command?: string | string[];
  environment?: Record<string, unknown>;
  ports?: string[];
  volumes?: string[];
  network_mode?: string;
  depends_on?: Record<string, { condition: string }>;
  healthcheck?: { test: string | string[] };
}
const { services, volumes: named } = parse(
  readFileSync(join(root, "docker-compose.yml"), "utf8"),
) as { services: Record<string, Service>; volumes: Record<string, unknown> };
const all = Object.entries(services);
const ofProfile = (profile: string) => all.filter(([, { profiles }]) => profiles.includes(profile));

test.each(all)("%s: a pinned image, ports on loopback, mounts that are there", (_, service) => {
  expect(service.image).toMatch(/:\d+[\w.-]*$/);
  for (const port of service.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:(\d+):\1$/);
  for (const volume of service.volumes ?? []) {
    const [from = "", , mode] = volume.split(":");
    if (from in named) continue;
    expect([existsSync(join(root, from)), mode]).toEqual([true, "ro"]);
  }
});

test.each(["tensorzero", "embedded"])(
  "profile %s: each port once, and what is waited for is there and has a health check",
  (profile) => {
    const chosen = new Map(ofProfile(profile));
    const ports = [...chosen.values()].flatMap(({ ports }) => ports ?? []);
    expect(new Set(ports).size).toBe(ports.length);
    expect(ports).toEqual(expect.arrayContaining(["127.0.0.1:3000:3000", "127.0.0.1:8123:8123"]));
    for (const { depends_on = {}, network_mode } of chosen.values()) {
      if (network_mode) expect([...chosen.keys()]).toContain(network_mode.replace("service:", ""));
      for (const [name, { condition }] of Object.entries(depends_on)) {
        expect([name, condition]).toEqual([name, "service_healthy"]);
        expect(chosen.get(name)?.healthcheck).toBeDefined();
      }
    }
  },
);

test("the embedded profile needs none of TensorZero's images, the other one's are of one release", () => {
  expect(ofProfile("embedded").map(([, { image }]) => image)).not.toContainEqual(
    expect.stringContaining("tensorzero"),
  );
  const versions = all.flatMap(([, { image }]) => /^tensorzero\/\w+:(.*)/.exec(image)?.[1] ?? []);
  expect(new Set(versions)).toEqual(new Set(["2026.6.0"]));
});

/** Linux' way to have mounts and ports of one's own, as a container has; where it is not allowed, these tests are left out. */
const NAMESPACES = ["--map-root-user", "--mount", "--net"];
const isolated =
  spawnSync("unshare", [...NAMESPACES, "ip", "link", "set", "lo", "up"]).status === 0;

/** In /mnt, as compose mounts the project: read-only, and here with sources that are newer than what was compiled of them. */
const MOUNT = `
  set -e
  ip link set lo up
  cp lib/env/tsconfig.json "$FOLDER"
  printf "127.0.0.1 localhost clickhouse\\n" > "$FOLDER/hosts"
  mount --bind "$FOLDER/hosts" /etc/hosts
  mount --bind . /mnt
  mount --bind "$FOLDER/tsconfig.json" /mnt/lib/env/tsconfig.json
  mount -o remount,bind,ro /mnt
  cd /mnt
  started() { for i in $(seq 300); do grep -qs "$1" "$2" && break; sleep 0.1; done; cat "$2"; }
`;

/** What a script prints that runs in namespaces of its own, with a folder of its own. */
function inContainer(lines: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), "compose-"));
  const { stdout, stderr } = spawnSync(
    "unshare",
    [...NAMESPACES, "--pid", "--fork", "--kill-child", "bash", "-c", MOUNT + lines.join("\n")],
    { cwd: root, encoding: "utf8", env: { ...process.env, FOLDER: folder } },
  );
  rmSync(folder, { recursive: true });
  return stdout + stderr;
}

/** Starts a service by its own command and environment, then asks its own health check. */
function start(name: string): string[] {
  const { command, environment = {}, volumes } = services[name] ?? {};
  expect(volumes).toContain(".:/app:ro");
  const variables = Object.entries(environment).map(([key, value]) => quoted(`${key}=${value}`));
  const log = `"$FOLDER/${name}.log"`;
  return [
    `env ${variables.join(" ")} ${command} > ${log} 2>&1 &`,
    `started "Ctrl-C ends it" ${log}`,
    isHealthy(name),
  ];
}

/** A health check as a line of shell. */
function isHealthy(name: string): string {
  const test = services[name]?.healthcheck?.test ?? "";
  const check = typeof test === "string" ? test : test.slice(1).map(quoted).join(" ");
  return `${check} && echo ${name} is healthy`;
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

(isolated ? test : test.skip)("models: starts on a read-only folder, without compiling", () => {
  const output = inContainer(start("models"));
  expect(output).toContain("/mnt is read-only");
  expect(output).toMatch(/models is healthy\n$/);
});

/** A stand-in for the image of ClickHouse: its HTTP interface over the embedded engine, at the compose file's address. */
const CLICKHOUSE = `
  const { listen } = require("/mnt/lib/gateway/dist/index.js");
  const { openEmbedded } = require("/mnt/lib/gateway/dist/clickhouse/connect-embedded.js");
  const { clickHouseApp } = require("/mnt/lib/gateway/dist/clickhouse/http/app.js");
  const connection = openEmbedded(":memory:", "default", { session_timezone: "UTC" });
  connection.initialize().then(async () => {
    const app = clickHouseApp({ connection, user: "chuser", password: "chpassword" });
    await listen("clickhouse", app, { isOpen: true });
    console.log("clickhouse started");
  });
`;
const PLAY = `
  const { openLab, tasks } = require("/mnt/lib/lab/dist/index.js");
  openLab().then(async (lab) => {
    const [task] = tasks;
    const run = await lab.evaluate({ variants: ["rule_based"], tasks: [task], episodes: 2 });
    const episodes = await lab.episodes({ run: run.id });
    console.log(lab.about, episodes.length, "episodes by", episodes[0].model);
    await lab.close();
  });
`;

(isolated ? test : test.skip)(
  "embedded: makes its tables on a ClickHouse server, and a notebook finds it and plays",
  () => {
    const output = inContainer([
      `node -e ${quoted(CLICKHOUSE)} > "$FOLDER/clickhouse.log" 2>&1 &`,
      `started "clickhouse started" "$FOLDER/clickhouse.log"`,
      isHealthy("clickhouse"),
      ...start("embedded"),
      isHealthy("gateway"), // it asks what this gateway answers, too
      `node -e ${quoted(PLAY)}`,
    ]);
    expect(output).toContain("clickhouse is healthy");
    expect(output).toContain("embedded is healthy");
    expect(output).toContain("gateway is healthy");
    expect(output).toMatch(/at http:\/\/localhost:3000.* 2 episodes by rule_based\n$/);
  },
);

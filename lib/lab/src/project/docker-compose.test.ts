import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
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

/**
 * Runs a service's own command and then its own health check, with the project read-only in /mnt, as compose mounts it, and
 * older than its sources.
 *
 * @param before shell that goes ahead of the command
 * @param others health checks of more services
 */
function serve(name: string, before = "", others: string[] = []): string {
  const folder = mkdtempSync(join(tmpdir(), "compose-"));
  const newer = join(folder, "tsconfig.json");
  copyFileSync(join(root, "lib/env/tsconfig.json"), newer);
  mkdirSync(join(folder, "local"));
  const { command, volumes = [] } = services[name]!;
  expect(volumes).toContain(".:/app:ro");
  const checks = [name, ...others].map((service) =>
    shell(services[service]?.healthcheck?.test ?? ""),
  );
  const script = `
    set -e
    ip link set lo up
    mount --bind ${root} /mnt
    mount --bind ${newer} /mnt/lib/env/tsconfig.json
    mount -o remount,bind,ro /mnt
    cd /mnt
    ${before}
    ${command} > ${folder}/log 2>&1 &
    for i in $(seq 100); do grep -q "Ctrl-C ends it" ${folder}/log && break; sleep 0.1; done
    cat ${folder}/log
    ${checks.map((check) => `${check} && echo healthy`).join("\n    ")}
    kill %1`;
  const { stdout, stderr } = spawnSync(
    "unshare",
    [...NAMESPACES, "--pid", "--fork", "--kill-child", "bash", "-c", script],
    { encoding: "utf8" },
  );
  rmSync(folder, { recursive: true });
  return stdout + stderr;
}

/** A health check as a line of shell. */
function shell(test: string | string[]): string {
  if (typeof test === "string") return test;
  return test
    .slice(1)
    .map((word) => `'${word.replaceAll("'", "'\\''")}'`)
    .join(" ");
}

(isolated ? test : test.skip)(
  "models: starts on a read-only folder that is not compiled anew, and is healthy",
  () => {
    const output = serve("models");
    expect(output).toContain("is read-only");
    expect(output).toMatch(/healthy\n$/);
  },
);

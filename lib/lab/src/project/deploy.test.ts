import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseToml } from "embedded-gateway";
import { parse, parseAllDocuments } from "yaml";
import { NEEDS_CHANGE } from "../cli/notebooks/play-shard";
import { scheduledShard } from "../experiment/shards/scheduler";
import { root } from "./root";

// The manifests were held against Kubernetes's own schemas: deploy/README.md has the command. What ties them to each other and to
// this project is tried here.

const read = (file: string) => readFileSync(join(root, "deploy", file), "utf8");

interface Manifest {
  kind: string;
  metadata: { name: string };
  // biome-ignore lint/suspicious/noExplicitAny: of every kind
  spec: any;
}

function manifests(file: string): Manifest[] {
  const documents = parseAllDocuments(read(`kubernetes/${file}`), { version: "1.2" });
  expect(documents.flatMap(({ errors }) => errors)).toEqual([]);
  return documents.map((document) => document.toJS() as Manifest);
}

const all = ["gateway.yaml", "workers.yaml", "clickhouse.yaml"].flatMap(manifests);
const find = (kind: string, name: string) =>
  all.find((it) => it.kind === kind && it.metadata.name === name)?.spec;
const containersOf = (spec: Manifest["spec"]) => spec.template.spec.containers;

test("workers are an Indexed Job whose pods know of how many they are", () => {
  const job = find("Job", "run-001");
  expect(job).toMatchObject({ completionMode: "Indexed", completions: job.parallelism });
  const [{ env, command, args }] = containersOf(job);
  const values = Object.fromEntries(
    env.map((one: { name: string; value?: string }) => [one.name, one.value]),
  );
  expect(values.JOB_COMPLETION_COUNT).toBe(String(job.completions));
  const index = job.completions - 1;
  expect(scheduledShard({ ...values, JOB_COMPLETION_INDEX: String(index) })).toBe("100/100");
  expect([...command, ...args].slice(0, 5)).toEqual(["npm", "start", "--", "--run", "run-001"]);
  // A failed index is started again by itself, which needs this policy.
  expect(job.backoffLimitPerIndex).toBeGreaterThan(0);
  expect(job.template.spec.restartPolicy).toBe("Never");
  // But not where that would be in vain.
  expect(job.podFailurePolicy.rules).toContainEqual({
    action: "FailIndex",
    onExitCodes: { operator: "In", values: [NEEDS_CHANGE] },
  });
});

test("workers reach the gateways by a service that selects them, which the policy lets them do", () => {
  const [{ env }] = containersOf(find("Job", "run-001"));
  const { value } = env.find(({ name }: { name: string }) => name === "TENSORZERO_GATEWAY_URL");
  const { hostname, port } = new URL(value);
  const service = find("Service", hostname);
  expect(service.ports[0].port).toBe(Number(port));
  const gateway = find("Deployment", "gateway");
  expect(gateway.template.metadata.labels).toMatchObject(service.selector);
  expect(gateway.selector.matchLabels).toEqual(service.selector);
  const [{ ports }] = containersOf(gateway);
  expect(ports).toContainEqual({ name: service.ports[0].targetPort, containerPort: Number(port) });
  const policy = find("NetworkPolicy", "gateway");
  expect(policy.podSelector.matchLabels).toEqual(service.selector);
  expect(policy.ingress[0].from[0].podSelector.matchLabels).toEqual(
    find("Job", "run-001").template.metadata.labels,
  );
});

test("gateways grow with their load, and write in batches below one insert a second", () => {
  const scaler = find("HorizontalPodAutoscaler", "gateway");
  expect(scaler.scaleTargetRef).toMatchObject({ kind: "Deployment", name: "gateway" });
  expect(find("Deployment", "gateway").replicas).toBeUndefined(); // or each deploy would set it back
  // biome-ignore lint/suspicious/noExplicitAny: a file as it is
  const toml = parseToml(read("scale.toml")) as Record<string, any>;
  const { async_writes, batch_writes } = toml.gateway.observability;
  expect(async_writes).toBe(false); // TensorZero refuses both
  expect(batch_writes.enabled).toBe(true);
  expect(batch_writes.flush_interval_ms).toBeGreaterThanOrEqual(1000);
  expect(batch_writes.max_rows).toBeGreaterThanOrEqual(1000);
  const scopes = toml.rate_limiting.rules.map(({ scope }: { scope: unknown }) => scope);
  expect(scopes).toContainEqual([{ tag_key: "run", tag_value: "tensorzero::each" }]);
});

test("compose's file for workers elsewhere gives the gateway those limits and their store", () => {
  const { services, volumes } = parse(read("compose.yml"));
  expect(services.gateway.environment.TENSORZERO_VALKEY_URL).toBe("redis://valkey:6379");
  expect(services.gateway.volumes).toContain("./deploy/scale.toml:/app/config/scale.toml:ro");
  expect(services.gateway.command).toEqual(
    JSON.parse(/^CMD (\[.*config-file.*)$/m.exec(read("Dockerfile"))?.[1] ?? ""),
  );
  expect(Object.keys(volumes)).toEqual(["valkey-data"]);
});

test.each(["slurm.sh", "parallel.sh", "worker.sh"])(
  "%s is a script that bash can read",
  (script) => {
    const { status, stderr } = spawnSync("bash", ["-n", join(root, "deploy", script)]);
    expect([status, String(stderr)]).toEqual([0, ""]);
  },
);

test("a worker that ended early is started again, and not where that is in vain", () => {
  const folder = mkdtempSync(join(tmpdir(), "worker-"));
  const file = (name: string) => join(folder, name);
  const standIn = (name: string, text: string) =>
    writeFileSync(file(name), `#!/bin/bash\ncd ${folder}\n${text}\n`, { mode: 0o755 });
  // Each start takes the next of the exit codes that it is to have.
  standIn("npm", 'echo "$*" >> starts; read -r code < codes; sed -i 1d codes; exit "$code"');
  standIn("sleep", "exit 0");
  const env = {
    ...{ ...process.env, PATH: `${folder}:${process.env.PATH}` },
    ...{ RUN: "r", SLURM_SUBMIT_DIR: root },
  };
  const ends = (script: string, codes: readonly number[], ...args: string[]) => {
    writeFileSync(file("starts"), "");
    writeFileSync(file("codes"), codes.join("\n"));
    const { status } = spawnSync(join(root, "deploy", script), args, { env });
    return [status, ...readFileSync(file("starts"), "utf8").trim().split("\n")];
  };
  const start = "start -- --run r";
  const worker = (...codes: number[]) => ends("worker.sh", codes, "--run", "r");
  expect(worker(0)).toEqual([0, start]);
  expect(worker(NEEDS_CHANGE)).toEqual([NEEDS_CHANGE, start]);
  expect(worker(143)).toEqual([143, start]);
  expect(worker(1, 137, 0)).toEqual([0, start, start, start]);
  expect(worker(1, 1, 1, 1, 1, 1)).toEqual([1, ...Array(5).fill(start)]);
  const slurm = `${start} -p episodes=2`;
  expect(ends("slurm.sh", [1, 0], "-p", "episodes=2")).toEqual([0, slurm, slurm]);
  rmSync(folder, { recursive: true });
});

test("a worker that waits to be started again is not, when it is terminated", async () => {
  const folder = mkdtempSync(join(tmpdir(), "worker-"));
  writeFileSync(join(folder, "npm"), "#!/bin/bash\nexit 1\n", { mode: 0o755 });
  const env = { ...process.env, PATH: `${folder}:${process.env.PATH}` };
  const worker = spawn(join(root, "deploy", "worker.sh"), { env });
  await once(worker.stderr, "data");
  worker.kill("SIGTERM");
  expect(await once(worker, "close")).toEqual([143, null]);
  rmSync(folder, { recursive: true });
});

test("a worker that is terminated is waited for", async () => {
  const folder = mkdtempSync(join(tmpdir(), "worker-"));
  const npm = "trap 'exit 143' TERM; echo started; while true; do sleep 0.05; done";
  writeFileSync(join(folder, "npm"), `#!/bin/bash\n${npm}\n`, { mode: 0o755 });
  const env = { ...process.env, PATH: `${folder}:${process.env.PATH}` };
  const worker = spawn(join(root, "deploy", "worker.sh"), { env });
  await once(worker.stdout, "data");
  worker.kill("SIGTERM");
  expect(await once(worker, "close")).toEqual([143, null]);
  rmSync(folder, { recursive: true });
});

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import type { GatewayConfig } from "embedded-gateway";
import { loadConfig, MODELS_ORIGIN } from "embedded-gateway";
import { root, SHIPPED_CONFIG } from "embedded-gateway/testing/shipped-config";
import { parse } from "yaml";
import { configFiles } from "./config-files";

interface Compose {
  services: Record<string, { command?: string | string[]; volumes?: string[] }>;
}

/**
 * The globs of TensorZero's gateway (Rust's globset, `*` for anything but a slash), as far as docker-compose.yml uses
 * them; checked against TensorZero 2026.6.0.
 */
function matches(glob: string, path: string): boolean {
  const pattern = glob
    .replace(/[.+^$()|[\]\\?]/g, "\\$&")
    .replaceAll("*", "[^/]*")
    .replace(/\{([^}]*)\}/g, (_, choices: string) => `(${choices.replaceAll(",", "|")})`);
  return new RegExp(`^${pattern}$`).test(path);
}

test("docker compose gives its gateway the same files as the embedded one reads", () => {
  const compose = parse(readFileSync(join(root, "docker-compose.yml"), "utf8")) as Compose;
  const { command, volumes } = compose.services.gateway!;
  expect(command).toEqual(["--config-file", expect.stringMatching(/^\/app\/config\//)]);
  expect(volumes).toEqual(["./config:/app/config:ro"]);
  const glob = (command?.[1] ?? "").replace("/app/", "");

  const folder = mkdtempSync(join(tmpdir(), "config-files-"));
  const names = ["tensorzero.toml", "prices.toml", "models/a.toml", "models/.b.toml"];
  const others = ["models/c.toml~", "models/d.TOML", "models/deep/e.toml", "examples/f.toml"];
  for (const name of [...names, ...others]) {
    mkdirSync(dirname(join(folder, "config", name)), { recursive: true });
    writeFileSync(join(folder, "config", name), "");
  }
  const all = readdirSync(folder, { recursive: true, encoding: "utf8" }).sort();
  const taken = all.filter((path) => matches(glob, path));
  expect(configFiles(folder).map((path) => relative(folder, path))).toEqual(taken);
  expect(taken).toEqual(["models/.b.toml", "models/a.toml", "tensorzero.toml"].map(inConfig));
  rmSync(folder, { recursive: true });
});

function inConfig(name: string): string {
  return join("config", name);
}

test("every example is a model file that the gateway takes", async () => {
  const examples = join(root, "config", "examples");
  for (const name of readdirSync(examples)) {
    const keys = { OPENAI_API_KEY: "k", ANTHROPIC_API_KEY: "k", GEMINI_API_KEY: "k" };
    const env = { ...keys, OPENROUTER_API_KEY: "k" };
    const config = await loadConfig([...SHIPPED_CONFIG, join(examples, name)], env);
    expect([...(config.functions.get("act")?.variants.keys() ?? [])]).toEqual(
      expect.arrayContaining(["my-model_baseline", "my-model_history"]),
    );
    // TensorZero goes on when its client has gone, so its own limit must end what the lab gives up after 120 s.
    for (const { name: fn, variants } of config.functions.values()) {
      for (const variant of variants.values()) {
        if (variant.type !== "chat_completion" || isLocal(config, variant.model)) continue;
        const where = `${name}: ${fn}, ${variant.name}: ${variant.timeouts.nonStreamingMs}`;
        expect(where).toMatch(/: 110000$/);
        expect(variant.retries).toEqual({ numRetries: 3, maxDelayS: 10 }); // a server gone for a moment ends no run
      }
    }
  }
});

function isLocal({ models }: GatewayConfig, model: string): boolean {
  const providers = models.get(model)?.providers ?? [];
  return providers.some(({ apiBase }) => apiBase.startsWith(`${MODELS_ORIGIN}/`));
}

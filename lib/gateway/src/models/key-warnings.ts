import { isSecretHeader } from "../basics/redact";
import type { ApiKeyLocation, GatewayConfig, ProviderConfig } from "../config/types";
import { isThisMachine } from "./outbound";

/** A key would go where it does not belong, or where others can read it. */
export class KeyWarning extends Error {
  override readonly name = "KeyWarning";
}

/** The provider's domains, by the usual name of the variable that holds its key. */
const DOMAINS: Record<string, string[] | undefined> = {
  ANTHROPIC_API_KEY: ["anthropic.com"],
  DEEPSEEK_API_KEY: ["deepseek.com"],
  FIREWORKS_API_KEY: ["fireworks.ai"],
  GEMINI_API_KEY: ["googleapis.com"],
  GOOGLE_API_KEY: ["googleapis.com"],
  GROQ_API_KEY: ["groq.com"],
  HYPERBOLIC_API_KEY: ["hyperbolic.xyz"],
  MISTRAL_API_KEY: ["mistral.ai"],
  OPENAI_API_KEY: ["openai.com"],
  OPENROUTER_API_KEY: ["openrouter.ai"],
  TOGETHER_API_KEY: ["together.ai", "together.xyz"],
  XAI_API_KEY: ["x.ai"],
};

/** What is to be said of the addresses that keys of the environment would go to; one warning for each key and host. */
export function keyWarnings(
  { models, embeddingModels }: Pick<GatewayConfig, "models" | "embeddingModels">,
  env: Readonly<Record<string, string | undefined>>,
): KeyWarning[] {
  const all = [...models.values(), ...embeddingModels.values()];
  const texts = all.flatMap(({ providers }) => providers.flatMap((each) => warningsOf(each, env)));
  return [...new Set(texts)].map((text) => new KeyWarning(text));
}

/** As `keyWarnings`, of one provider, in words. */
export function warningsOf(
  { apiBase, apiKey, extraHeaders }: Pick<ProviderConfig, "apiBase" | "apiKey" | "extraHeaders">,
  env: Readonly<Record<string, string | undefined>>,
): string[] {
  const { host, hostname, protocol, href } = new URL(apiBase);
  const secrets = [
    ...keysOf(apiKey, env),
    ...extraHeaders
      .filter((header) => "value" in header && isSecretHeader(header.name))
      .map(({ name }) => ({ what: `The header ${name}`, domains: undefined })),
  ];
  const warnings: string[] = [];
  for (const { what, domains } of secrets) {
    if (domains?.every((domain) => !`.${hostname}`.endsWith(`.${domain}`)))
      warnings.push(
        `${what} would be sent to ${host}, which is not ${domains.join(" or ")}. Unless that server is to have it, give its models an api_key_location of their own, "none" where it asks for no key.`,
      );
    if (protocol === "http:" && !isThisMachine(new URL(href)))
      warnings.push(
        `${what} would be sent to ${host} unencrypted, for everyone on the way to read: take an address of https://.`,
      );
  }
  return warnings;
}

interface Key {
  what: string;
  domains: string[] | undefined;
}

function keysOf(
  location: ApiKeyLocation,
  env: Readonly<Record<string, string | undefined>>,
): Key[] {
  switch (location.kind) {
    case "none":
      return [];
    case "env":
      return env[location.name]
        ? [{ what: `The key ${location.name}`, domains: DOMAINS[location.name] }]
        : [];
    case "path":
      return [{ what: `The key in ${location.path}`, domains: undefined }];
    case "dynamic":
      return [{ what: `The key ${location.name} of requests`, domains: undefined }];
    case "fallback":
      return [...keysOf(location.first, env), ...keysOf(location.second, env)];
  }
}

import { readTextFile } from "../../basics/text-file";
import type { ApiKeyLocation } from "../../config/types";
import { apiKeyMissing } from "../../errors";

/**
 * The key for a provider; undefined if it needs none.
 *
 * @throws GatewayError 400 the variable, file or credential is not there. The text names the place, never a key.
 */
export function findApiKey(
  location: ApiKeyLocation,
  env: NodeJS.ProcessEnv,
  credentials: Record<string, string>,
): string | undefined {
  switch (location.kind) {
    case "none":
      return undefined;
    case "env": {
      const key = env[location.name];
      if (key === undefined)
        throw apiKeyMissing(`Environment variable \`${location.name}\` is missing`);
      return key;
    }
    case "path":
      try {
        return readTextFile(location.path).trim();
      } catch (cause) {
        throw apiKeyMissing(`File \`${location.path}\` cannot be read (${String(cause)})`);
      }
    case "dynamic": {
      const key = credentials[location.name];
      if (key === undefined) throw apiKeyMissing(`Dynamic api key \`${location.name}\` is missing`);
      return key;
    }
    case "fallback":
      try {
        return findApiKey(location.first, env, credentials);
      } catch {
        return findApiKey(location.second, env, credentials);
      }
  }
}

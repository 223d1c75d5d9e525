import { invalidRequest } from "../errors";

/** Tags of the gateway's own cannot be given by a client. @throws GatewayError 400 */
export function refuseReservedTags(tags: Record<string, string>): void {
  for (const tag of Object.keys(tags)) {
    if (tag.startsWith("tensorzero::"))
      throw invalidRequest(`Tag name cannot start with 'tensorzero::': ${tag}`);
  }
}

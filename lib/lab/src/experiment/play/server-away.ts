import { GatewayError } from "../../connection/client";
import { isNear } from "../variants/variants";
import type { Waited } from "./inference-timeout";

/** How the gateways say that they reached no server; why is said by the embedded one alone. */
const AWAY = /error sending request for url \(([^)]+)\)(?:: ([^,"\\]+))?/i;

/** No server answers where a model is served. The message names the address, and what to do. */
export class ServerAwayError extends GatewayError {}

/** An inference's error, in words that help if a model's only server was away. */
export function explainAway(
  error: unknown,
  { model, servers }: Pick<Waited, "model" | "servers">,
): unknown {
  const [, url, why] = (error instanceof GatewayError && AWAY.exec(error.message)) || [];
  const [server, ...others] = servers;
  if (!(error instanceof GatewayError) || url === undefined || others.length > 0) return error;
  const address = server ?? url;
  const cure = isNear(address)
    ? "Start it, or correct its address in config/"
    : "Check the network, and HTTPS_PROXY if there is a proxy";
  return new ServerAwayError(
    `no server answers at ${address}, where ${model} is served${why === undefined ? "" : ` (${why.trim()})`}. ${cure}.`,
    error.status,
    { cause: error },
  );
}

import type { Context } from "hono";
import type { GatewayConfig } from "../config/types";
import { unknownFunction } from "../errors";
import { probabilities } from "../functions/sampling";

/** GET /internal/functions/{function}/variant_sampling_probabilities */
export function getProbabilities(c: Context, config: GatewayConfig): Response {
  const name = c.req.param("function") ?? "";
  const fn = config.functions.get(name);
  if (fn === undefined) throw unknownFunction(name);
  return c.json({ probabilities: probabilities(fn.experimentation, fn.variants.keys()) });
}

import { GatewayError } from "../../connection/client";

/** Who was asked, and how long an answer might take. */
export interface Waited {
  model: string;
  /** Addresses of the servers by which the model is reached. */
  servers: readonly string[];
  inferenceSeconds: number;
}

/** A model did not answer in time. The message names its server, the limit that was up, and what to change. */
export class InferenceTimeoutError extends GatewayError {
  constructor(cause: GatewayError, { model, servers, inferenceSeconds }: Waited) {
    const server = servers.length === 0 ? model : `${model} at ${servers.join(" or ")}`;
    const isOurs = cause.status === null;
    const limit = isOurs
      ? `inferenceSeconds, ${inferenceSeconds} s, was up`
      : `a limit of the gateway's was up (${cause.message})`;
    const cure = isOurs
      ? "raise it (-p inferenceSeconds=…)"
      : "raise `timeouts` of the variant in config/, and inferenceSeconds above it (-p inferenceSeconds=…)";
    super(
      `${server} did not answer in time: ${limit}. If the server is slow, ${cure}, or play fewer episodes at a time (-p concurrency=…); if it hangs, restart it.`,
      cause.status,
      { cause },
    );
  }
}

/** A time limit was up, the gateway's or ours. */
export function isTimeout(error: unknown): error is GatewayError {
  if (!(error instanceof GatewayError)) return false;
  return (
    error instanceof InferenceTimeoutError ||
    error.status === 408 ||
    /\btimed out\b/.test(error.message)
  );
}

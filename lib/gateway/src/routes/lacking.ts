import { type GatewayError, unsupported } from "../errors";

/** Where TensorZero's other routes begin, and what they are for. */
const LACKING: Record<string, string> = {
  "/batch_inference": "batch inference",
  "/v1/datasets": "datasets",
  "/v1/optimization": "optimization",
  "/experimental_optimization": "optimization",
  "/experimental_optimization_workflow": "optimization",
  "/workflow_evaluation_run": "workflow evaluations",
  "/metrics": "Prometheus metrics",
  "/internal": "the routes of TensorZero's user interface",
};

/** The error for a route that TensorZero has and this gateway does not; undefined for a route of neither. */
export function lackingRoute(method: string, path: string): GatewayError | undefined {
  const prefix = Object.keys(LACKING).find(
    (candidate) => path === candidate || path.startsWith(`${candidate}/`),
  );
  return prefix === undefined ? undefined : unsupported(`${LACKING[prefix]} (${method} ${path})`);
}

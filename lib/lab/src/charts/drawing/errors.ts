import { AnalysisError } from "../../analysis/statistics/errors";

/** The rows are sound, and have nothing of what the chart shows. */
export class NothingToDrawError extends AnalysisError {
  override readonly name = "NothingToDrawError";
}

import { AnalysisError } from "../../analysis/statistics/errors";

/**
 * The rows are sound, and have nothing of what the chart shows.
 *
 * @example
 * try {
 *   stepsAboveExpert(rows); // without withExpertSteps(rows)
 * } catch (error) {
 *   error instanceof NothingToDrawError; // true
 * }
 */
export class NothingToDrawError extends AnalysisError {
  override readonly name = "NothingToDrawError";
}

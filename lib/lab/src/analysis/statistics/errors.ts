/**
 * The rows or numbers given do not allow what was asked; the message says what would.
 *
 * @example
 * try {
 *   summarize([]);
 * } catch (error) {
 *   error instanceof AnalysisError; // true
 * }
 */
export class AnalysisError extends Error {
  override name = "AnalysisError";
}

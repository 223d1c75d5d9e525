/** The rows or numbers given do not allow what was asked; the message says what would. */
export class AnalysisError extends Error {
  override name = "AnalysisError";
}

import { printable, redactKeys } from "embedded-gateway";

export type ModelErrorCode =
  | "unknown_server"
  | "bad_name"
  | "taken"
  | "not_there"
  | "key_missing"
  | "unreachable"
  | "timed_out"
  | "refused"
  | "unknown_model";

/** What was asked of the model files cannot be done. The message says why, and what to do next. */
export class ModelError extends Error {
  override readonly name = "ModelError";
  constructor(
    readonly code: ModelErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(printable(redactKeys(message)), options);
  }
}

/** Base of every error that the environment throws on purpose. */
export class EnvError extends Error {
  override name = "EnvError";
}

/** `make()` was asked for an id that is not registered. */
export class UnknownEnvError extends EnvError {
  override name = "UnknownEnvError";
  constructor(
    readonly id: unknown,
    readonly suggestions: readonly string[],
  ) {
    super(
      `Unknown environment ${show(id)}. ${
        suggestions.length > 0 ? `Did you mean ${suggestions.map(show).join(", ")}? ` : ""
      }registeredEnvs() lists every id that make() takes; register() adds one.`,
    );
  }
}

/** `register()` was given an id that is taken, or none. */
export class InvalidIdError extends EnvError {
  override name = "InvalidIdError";
  constructor(
    readonly id: unknown,
    why: string,
  ) {
    super(`${show(id)} ${why}`);
  }
}

/** `make()` was given an option that the level does not have, or a value it cannot take. */
export class InvalidOptionError extends EnvError {
  override name = "InvalidOptionError";
  constructor(
    readonly option: string,
    readonly value: unknown,
    expected: string,
  ) {
    super(`Invalid option ${option}: ${show(value)}. ${expected}`);
  }
}

/** `step()` was given something that is neither an action's name nor its index. */
export class InvalidActionError extends EnvError {
  override name = "InvalidActionError";
  constructor(
    readonly action: unknown,
    valid: readonly string[],
  ) {
    super(
      `Invalid action ${show(action)}. Valid are ${valid
        .map((name, index) => `${index} ${show(name)}`)
        .join(", ")}.`,
    );
  }
}

/** `reset()` was given a seed that NumPy's SeedSequence would not take, or that a number cannot hold. */
export class InvalidSeedError extends EnvError {
  override name = "InvalidSeedError";
  constructor(readonly seed: unknown) {
    super(
      `Invalid seed ${show(seed)}. A seed is a whole number from 0 to 2^53 - 1, or a bigint ≥ 0 of any size.`,
    );
  }
}

/** The environment was used before its first `reset()`. */
export class NotResetError extends EnvError {
  override name = "NotResetError";
  constructor(what: string) {
    super(`${what} needs an episode: call reset() first.`);
  }
}

/** The options ask for a level that cannot be generated, such as more objects than a room holds. */
export class GenerationError extends EnvError {
  override name = "GenerationError";
}

/** The expert sees no way to the mission's end: it is lost, or was impossible from the start. */
export class NoPlanError extends EnvError {
  override name = "NoPlanError";
}

/** The worker threads of a `VectorEnv` do not answer. */
export class VectorEnvError extends EnvError {
  override name = "VectorEnvError";
}

function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "object" && value !== null) return Object.prototype.toString.call(value);
  return String(value);
}

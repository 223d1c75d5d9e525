/**
 * Base of every error that the environment throws on purpose.
 *
 * @example
 * try {
 *   make("BabyAI-GoToNowhere-v0");
 * } catch (error) {
 *   error instanceof EnvError; // true
 * }
 */
export class EnvError extends Error {
  override name = "EnvError";
}

/**
 * `make()` was asked for an id that is not registered.
 *
 * @example
 * try {
 *   make("BabyAI-GoToLocl-v0");
 * } catch (error) {
 *   error instanceof UnknownEnvError; // true
 * }
 */
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

/**
 * `register()` was given an id that is taken, or none.
 *
 * @example
 * const level = defineLevel({
 *   summary: "Go to the ball.",
 *   competences: ["GoTo"],
 *   options: {},
 *   shape: () => oneRoom(5),
 *   navigations: () => 1,
 *   generate: () => new GoTo(new ObjectDescription(BALL)),
 * });
 * try {
 *   register("BabyAI-GoTo-v0", level); // taken
 * } catch (error) {
 *   error instanceof InvalidIdError; // true
 * }
 */
export class InvalidIdError extends EnvError {
  override name = "InvalidIdError";
  constructor(
    readonly id: unknown,
    why: string,
  ) {
    super(`${show(id)} ${why}`);
  }
}

/**
 * `make()` was given an option that the level does not have, or a value it cannot take.
 *
 * @example
 * try {
 *   make("BabyAI-GoToLocal-v0", { numDists: -1 });
 * } catch (error) {
 *   error instanceof InvalidOptionError && error.option; // "numDists"
 * }
 */
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

/**
 * `step()` was given something that is neither an action's name nor its index.
 *
 * @example
 * const env = make("BabyAI-GoToLocal-v0");
 * env.reset({ seed: 1 });
 * try {
 *   env.step(6);
 * } catch (error) {
 *   error instanceof InvalidActionError && error.action; // 6
 * }
 */
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

/**
 * `reset()` was given a seed that NumPy's SeedSequence would not take, or that a number cannot hold.
 *
 * @example
 * try {
 *   make("BabyAI-GoToLocal-v0").reset({ seed: -1 });
 * } catch (error) {
 *   error instanceof InvalidSeedError && error.seed; // -1
 * }
 */
export class InvalidSeedError extends EnvError {
  override name = "InvalidSeedError";
  constructor(readonly seed: unknown) {
    super(
      `Invalid seed ${show(seed)}. A seed is a whole number from 0 to 2^53 - 1, or a bigint ≥ 0 of any size.`,
    );
  }
}

/**
 * `reset()` was given a mission that is none, or that nothing in the world can fulfill.
 *
 * @example
 * const mission = new GoTo(new ObjectDescription(BOX, COLOR_INDEX.purple));
 * try {
 *   make("BabyAI-GoToRedBall-v0", { numDists: 0 }).reset({ seed: 1, mission });
 * } catch (error) {
 *   error instanceof InvalidMissionError && error.mission; // "go to the purple box"
 * }
 */
export class InvalidMissionError extends EnvError {
  override name = "InvalidMissionError";
  constructor(
    /** In words, where it is one. */
    readonly mission: unknown,
    why: string,
  ) {
    super(`Invalid mission ${show(mission)}. ${why}`);
  }
}

/**
 * The environment was used before its first `reset()`.
 *
 * @example
 * try {
 *   make("BabyAI-GoToLocal-v0").step("drop");
 * } catch (error) {
 *   error instanceof NotResetError; // true
 * }
 */
export class NotResetError extends EnvError {
  override name = "NotResetError";
  constructor(what: string) {
    super(`${what} needs an episode: call reset() first.`);
  }
}

/**
 * The options ask for a level that cannot be generated, such as more objects than a room holds.
 *
 * @example
 * try {
 *   make("BabyAI-PutNextLocal-v0", { numObjs: 19 }).reset({ seed: 1 });
 * } catch (error) {
 *   error instanceof GenerationError; // true
 * }
 */
export class GenerationError extends EnvError {
  override name = "GenerationError";
}

/**
 * The expert sees no way to the mission's end: it is lost, or was impossible from the start.
 *
 * @example
 * const env = make("BabyAI-BossLevel-v0");
 * env.reset({ seed: 1 });
 * const expert = new Expert(env);
 * try {
 *   while (!env.terminated && !env.truncated) env.step(expert.act());
 * } catch (error) {
 *   if (!(error instanceof NoPlanError)) throw error;
 *   console.log("The mission cannot be fulfilled from here.");
 * }
 */
export class NoPlanError extends EnvError {
  override name = "NoPlanError";
}

/**
 * The worker threads of a `VectorEnv` do not answer.
 *
 * @example
 * const level = defineLevel({
 *   summary: "Go to the ball.",
 *   competences: ["GoTo"],
 *   options: {},
 *   shape: () => oneRoom(5),
 *   navigations: () => 1,
 *   generate: () => new GoTo(new ObjectDescription(BALL)),
 * });
 * register("My-Room-v0", level);
 * try {
 *   new VectorEnv("My-Room-v0", { numEnvs: 2 });
 * } catch (error) {
 *   error instanceof VectorEnvError; // true
 * }
 */
export class VectorEnvError extends EnvError {
  override name = "VectorEnvError";
}

function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "object" && value !== null) return Object.prototype.toString.call(value);
  return String(value);
}

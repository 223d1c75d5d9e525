export { Env, type Info, type ResetResult, type StepResult } from "./env";
export {
  EnvError,
  GenerationError,
  InvalidActionError,
  InvalidOptionError,
  InvalidSeedError,
  NoPlanError,
  NotResetError,
  UnknownEnvError,
  VectorEnvError,
} from "./errors";
export { Expert } from "./expert";
export type { Competence, EnvOptions } from "./levels/level";
export type { Color, ObjectType, WorldObject } from "./objects";
export type { Observation } from "./observation";
export { type EnvSummary, make, registeredEnvs, tasks, testTasks } from "./registry";
export { animateSvg } from "./render";
export { type ActionName, actions } from "./scene";
export { solve } from "./solve";
export { VectorEnv, type VectorEnvOptions } from "./vector";

import { ANSWER_PROBES } from "./answers";
import { FILES } from "./files";
import { INPUTS } from "./inputs";
import { PARAMS } from "./params";
import type { Probe } from "./probe";
import { SHIPPED } from "./shipped";
import { STORED } from "./stored";
import { STREAM_PROBES } from "./streams";
import { TOOLS } from "./tools";

/** All requests that gateway:diff --real sends. */
export const PROBES: readonly Probe[] = [
  ...SHIPPED,
  ...INPUTS,
  ...FILES,
  ...PARAMS,
  ...TOOLS,
  ...STREAM_PROBES,
  ...ANSWER_PROBES,
  ...STORED,
];

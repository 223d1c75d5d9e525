import { isRecord, type Reader } from "../basics/reader";

type Read<T> = (reader: Reader, key: string) => T | undefined;

const number: Read<number> = (reader, key) => reader.single(key);
const count: Read<number> = (reader, key) => reader.integer(key);
const text: Read<string> = (reader, key) => reader.string(key);

export type JsonMode = "off" | "on" | "strict" | "tool";

export function readJsonMode(reader: Reader, key = "json_mode"): JsonMode | undefined {
  const mode = reader.oneOf(key, ["off", "on", "strict", "implicit_tool", "tool"]);
  return mode === "implicit_tool" ? "tool" : mode; // the older name
}

/** Every parameter of a chat completion, by TensorZero's names and in its order, with how it is read. */
const PARAMS = {
  temperature: number,
  max_tokens: count,
  seed: count,
  top_p: number,
  presence_penalty: number,
  frequency_penalty: number,
  json_mode: readJsonMode,
  stop_sequences: (reader: Reader, key: string) => reader.strings(key),
  reasoning_effort: text,
  service_tier: (reader: Reader, key: string) =>
    reader.oneOf(key, ["auto", "default", "priority", "flex"]),
  thinking_budget_tokens: count,
  verbosity: text,
} satisfies Record<string, Read<unknown>>;

type Param = keyof typeof PARAMS;

/** Parameters of a chat completion. */
export type ChatParams = { [P in Param]?: Exclude<ReturnType<(typeof PARAMS)[P]>, undefined> };

/** @param others parameters that are not read by their names here */
export function readChatParams(reader: Reader, ...others: Param[]): ChatParams {
  const names = (Object.keys(PARAMS) as Param[]).filter((name) => !others.includes(name));
  return defined(Object.fromEntries(names.map((name) => [name, PARAMS[name](reader, name)])));
}

/** The parameters that are given, in TensorZero's order, in which they are stored. */
export function inOrder(params: Partial<Record<Param, unknown>>): ChatParams {
  const names = Object.keys(PARAMS) as Param[];
  return defined(Object.fromEntries(names.map((name) => [name, params[name]])));
}

export type ToolChoice = "none" | "auto" | "required" | { specific: string };

/** @param wanted named in the error for anything else */
export function readToolChoice(reader: Reader, wanted: string): ToolChoice | undefined {
  const choice = reader.raw("tool_choice");
  if (choice === undefined || choice === null) return undefined;
  if (choice === "none" || choice === "auto" || choice === "required") return choice;
  if (isRecord(choice) && typeof choice.specific === "string") return { specific: choice.specific };
  return reader.fail("tool_choice", wanted);
}

/** The entries that have a value. */
export function defined<T extends object>(
  record: T,
): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}

import { parseArgs } from "node:util";
import { printable } from "embedded-gateway";
import { didYouMean } from "../basics/did-you-mean";
import { isMistake } from "../basics/mistake";

/** An option of a command. Without a `value` it is a switch. */
export interface Option {
  help: string;
  /** What its value is, for the help: "run", "seconds". */
  value?: string;
  /** Of one letter. */
  short?: string;
  default?: string;
  /** Takes part several times. */
  multiple?: true;
}

type Options = Readonly<Record<string, Option>>;

type Values<O extends Options> = {
  readonly [K in keyof O]: O[K] extends { multiple: true }
    ? readonly string[]
    : O[K] extends { default: string }
      ? string
      : O[K] extends { value: string }
        ? string | undefined
        : boolean;
};

/** What `npm run <name>` does. */
export interface Command<O extends Options = Options> {
  /** How it is called, without the options: "npm run export -- <file.csv>". */
  usage: string;
  /** What it does, in whole lines. */
  about: string;
  options: O;
  /** What stands below the options. */
  more?(root: string): string;
  /** It takes words that are no options; "any": also those that look like options, but for -h and --help. */
  takesWords?: true | "any";
  /** The exit code of an error, also of a command line that cannot be read. Default: 1. */
  exitCode?(error: Error, args: readonly string[]): number;
  /** @returns the exit code; nothing: 0 */
  // biome-ignore lint/suspicious/noConfusingVoidType: most commands return nothing
  run(values: Values<O>, words: readonly string[], root: string): Promise<number | void>;
}

/** A command, with the types of its options' values. */
export function command<O extends Options>(it: Command<O>): Command {
  return it as unknown as Command;
}

/** A command line that does not say what to do. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** How wide the text of `--help` is. */
const COLUMNS = 120;

function inLines(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > width) lines.push(word);
    else lines.push(`${lines.pop()} ${word}`);
  }
  return lines;
}

/** The text of `--help`: every option with its default. */
export function help({ usage, about, options, more }: Command, root: string): string {
  const rows = Object.entries({ ...options, help: { short: "h", help: "shows this" } }).map(
    ([name, { short, value, help, default: fallback }]: [string, Option]) => ({
      name: `${short ? `-${short}, ` : "    "}--${name}${value ? ` ${value}` : ""}`,
      text: fallback === undefined ? help : `${help}; default: ${fallback}`,
    }),
  );
  const width = Math.max(...rows.map(({ name }) => name.length));
  const listed = rows.map(({ name, text }) => {
    const lines = inLines(text, COLUMNS - width - 4).join(`\n${" ".repeat(width + 4)}`);
    return `  ${name.padEnd(width)}  ${lines}`;
  });
  return [usage, "", about, "", ...listed, ...(more ? ["", more(root)] : [])].join("\n");
}

/** An empty value is a mistake, such as a shell's variable that is not set, and never the default. @throws UsageError */
function refuseBlank(name: string, option: Option | undefined, given: unknown): void {
  const blank = findBlank([given].flat());
  if (blank === undefined) return;
  throw new UsageError(
    `--${name} is ${JSON.stringify(blank)}: give its value (${option?.value}), or leave --${name} out.`,
  );
}

function findBlank(texts: readonly unknown[]): unknown {
  return texts.find((text) => typeof text === "string" && text.trim() === "");
}

/** The arguments with papermill's `-p name value` as `-p name=value`, for options that take such. */
function withPairs(args: readonly string[], options: Options): string[] {
  const assigning = Object.entries(options)
    .filter(([, { value }]) => value === "name=value")
    .flatMap(([name, { short }]) => [`--${name}`, `-${short}`]);
  const joined: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const [option = "", name = "", value] = args.slice(i, i + 3);
    const isPair = assigning.includes(option) && /^[\w$]+$/.test(name) && value !== undefined;
    if (isPair && !/^-[a-z-]/i.test(value)) {
      joined.push(option, `${name}=${value}`);
      i += 2;
    } else joined.push(option);
  }
  return joined;
}

const asksForHelp = (word: string) => word === "-h" || word === "--help";

/**
 * Options that stood before npm's `--`: npm takes them for its own, and hands them on as variables, or the words behind them as
 * words. A run that goes without what was asked for is another one.
 *
 * @throws UsageError
 */
function refuseSwallowed({ usage, options }: Command, env: NodeJS.ProcessEnv): void {
  const name = Object.keys(options).find(
    (option) => env[`npm_config_${option.replaceAll("-", "_")}`] !== undefined,
  );
  if (name !== undefined) throw new UsageError(swallowed(`--${name}`, usage));
}

const swallowed = (option: string, usage: string) =>
  `npm took ${option} for an option of its own: this command's stand behind --, as in ${example(usage)} ${option} …`;

/** "npm start --", "npm run export --" */
const example = (usage: string) => `${/^npm (start|run \S+)/.exec(usage)?.[0] ?? usage} --`;

/** What is wrong with a command line, as one who typed it sees it. */
function usageText(error: NodeJS.ErrnoException, it: Command, env: NodeJS.ProcessEnv): string {
  const [, option] = /^Unknown option '(-[^']*)'/.exec(error.message) ?? [];
  if (option !== undefined) {
    const known = [...Object.keys(it.options), "help"].map((name) => `--${name}`);
    return `Unknown option ${option}.${didYouMean(option, known)}`;
  }
  const [, word] = /^Unexpected argument '([^']*)'/.exec(error.message) ?? [];
  const isSwallowed = env.npm_config_parseable === "true" && "parameter" in it.options;
  if (isSwallowed && (word === undefined || word.includes("="))) return swallowed("-p", it.usage);
  return word === undefined ? error.message : `${JSON.stringify(word)} is not expected here.`;
}

/**
 * Runs a command with the arguments that it was given; what is wrong is said in a line.
 *
 * @param env where npm leaves the options that it took for its own
 * @returns the exit code
 */
export async function runCommand(
  it: Command,
  args: string[],
  root: string,
  env: NodeJS.ProcessEnv = process.env,
): Promise<number> {
  try {
    refuseSwallowed(it, env);
    const options = Object.entries(it.options).map(
      ([name, { value, short, multiple, ...rest }]) => [
        name,
        {
          type: value === undefined ? "boolean" : "string",
          ...(short && { short }),
          ...(multiple && { multiple, default: [] }),
          ...(rest.default !== undefined && { default: rest.default }),
        },
      ],
    );
    const own = withPairs(args, it.options);
    const { values, positionals } = parseArgs({
      args: it.takesWords === "any" ? (own.some(asksForHelp) ? ["-h"] : ["--", ...own]) : own,
      allowPositionals: it.takesWords !== undefined,
      options: { ...Object.fromEntries(options), help: { type: "boolean", short: "h" } },
    });
    for (const [name, text] of Object.entries(values)) refuseBlank(name, it.options[name], text);
    const blank = findBlank(positionals);
    if (blank !== undefined)
      throw new UsageError(`A word is ${JSON.stringify(blank)}: give it, or leave it out.`);
    const given = values as Record<string, never>;
    if (given.help === undefined) return (await it.run(given, positionals, root)) ?? 0;
    process.stdout.write(`${help(it, root)}\n`);
    return 0;
  } catch (error) {
    const thrown = error as NodeJS.ErrnoException;
    const isUsage = error instanceof UsageError || (thrown.code ?? "").startsWith("ERR_PARSE_ARGS");
    // A mistake of ours is shown with its stack.
    if (!isUsage && isMistake(thrown.name)) throw error;
    const message = isUsage ? usageText(thrown, it, env) : thrown.message;
    process.stderr.write(`${printable(message)}\n${isUsage ? `\n${help(it, root)}\n` : ""}`);
    const told = isUsage ? new UsageError(message, { cause: error }) : thrown;
    return it.exitCode?.(told, args) ?? 1;
  }
}

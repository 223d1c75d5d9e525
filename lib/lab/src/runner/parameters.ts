import { createRequire } from "node:module";
import type ts from "typescript";
import { didYouMean } from "../basics/did-you-mean";
import { type Cell, codeCell, type Notebook } from "./nbformat";

// Papermill's habits: the cell tagged "parameters" declares them with their defaults, and what the
// caller gives is set by a cell tagged "injected-parameters" right after it.

/** A parameter that the notebook does not have, or a value that does not parse. */
export class ParameterError extends Error {
  override readonly name = "ParameterError";
}

const declaring = "parameters";
const injecting = "injected-parameters";

function hasTag(cell: Cell, tag: string): boolean {
  return cell.cell_type === "code" && (cell.metadata.tags ?? []).includes(tag);
}

/** The compiler that the kernel itself uses; loaded on demand, since it takes a quarter second. */
function loadCompiler(): typeof ts {
  const requireFromTslab = createRequire(require.resolve("tslab/package.json"));
  return requireFromTslab("@tslab/typescript-for-tslab");
}

/** What a declaration says of the values that it takes. */
interface Declared {
  /** Nothing but text. */
  isText: boolean;
  /** What stands for no value, where the type has that. */
  none: "null" | "undefined" | null;
}

/** The variables declared by `let` in the cell. */
function declaredParameters(source: string): Map<string, Declared> {
  const { createSourceFile, forEachChild, NodeFlags, ScriptTarget, SyntaxKind, ...compiler } =
    loadCompiler();
  const textTypes = new Set([
    SyntaxKind.StringKeyword,
    SyntaxKind.UndefinedKeyword,
    SyntaxKind.NullKeyword,
    SyntaxKind.StringLiteral,
  ]);
  const isTextType = (type: ts.TypeNode): boolean => {
    if (compiler.isUnionTypeNode(type)) return type.types.every(isTextType);
    return textTypes.has(compiler.isLiteralTypeNode(type) ? type.literal.kind : type.kind);
  };
  const has = (type: ts.TypeNode | undefined, kind: ts.SyntaxKind): boolean =>
    type !== undefined &&
    (compiler.isUnionTypeNode(type)
      ? type.types.some((part) => has(part, kind))
      : (compiler.isLiteralTypeNode(type) ? type.literal.kind : type.kind) === kind);
  const noneOf = (type: ts.TypeNode | undefined): Declared["none"] => {
    if (has(type, SyntaxKind.NullKeyword)) return "null";
    return has(type, SyntaxKind.UndefinedKeyword) ? "undefined" : null;
  };
  const parameters = new Map<string, Declared>();
  forEachChild(createSourceFile("cell.ts", source, ScriptTarget.Latest), (statement) => {
    if (!compiler.isVariableStatement(statement)) return;
    const { flags, declarations } = statement.declarationList;
    if (!(flags & NodeFlags.Let)) return;
    for (const { name, type, initializer } of declarations) {
      if (!compiler.isIdentifier(name)) continue;
      const isText = type
        ? isTextType(type)
        : initializer !== undefined &&
          (compiler.isStringLiteralLike(initializer) || compiler.isTemplateExpression(initializer));
      parameters.set(name.text, { isText, none: noneOf(type) });
    }
  });
  return parameters;
}

/** One line for each parameter that a notebook declares on a line of its own: name, default, and what is said of it. */
export function parameterLines({ cells }: Notebook): string[] {
  const source = cells.find((cell) => hasTag(cell, declaring))?.source ?? "";
  const rows = [...source.matchAll(/^let (\w+)(?:: [^=]+)? = (.+?);(?: \/\/ (.*))?$/gm)];
  const texts = rows.map(([, name, value]) => `${name} = ${value}`);
  const width = Math.max(0, ...texts.map((text) => text.length));
  return texts.map((text, row) => `${text.padEnd(width)}  ${rows[row]?.[3] ?? ""}`.trimEnd());
}

/** What papermill reads as values of Python. */
const PYTHON: Readonly<Record<string, unknown>> = { True: true, False: false, None: null };

/** The text as JSON (numbers, booleans, null, arrays, objects) or as papermill reads it, or else as the string that it is. */
function parseValue(text: string): unknown {
  if (text in PYTHON) return PYTHON[text];
  if (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) return Number(text);
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** A value as TypeScript. subtle: JSON in which the two separators that end a line in what tslab reads are escaped. */
function literal(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\u2028\u2029]/g,
    (end) => `\\u${end.charCodeAt(0).toString(16)}`,
  );
}

/**
 * The parameters in arguments of the form `name=value`; the last of a name counts.
 * @throws ParameterError an argument has another form
 */
export function parseAssignments(assignments: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    assignments.map((assignment) => {
      const [, name, value] =
        /^\s*([\p{ID_Start}$_][\p{ID_Continue}$]*)=(.*)$/su.exec(assignment) ?? [];
      if (name === undefined || value === undefined) {
        throw new ParameterError(
          `A parameter is given as name=value, such as episodes=5; got "${assignment}".`,
        );
      }
      return [name, value];
    }),
  );
}

/** What a parameter is set to, as TypeScript. */
function literalOf(given: unknown, { isText, none }: Declared): string {
  const isNone = given === null || (given === "None" && none !== null);
  if (isNone) return none ?? "null";
  if (typeof given === "string") return literal(isText ? given : parseValue(given));
  return literal(isText && typeof given !== "object" ? String(given) : given);
}

/**
 * The parameters in the text of a YAML file, which may be JSON: a table of names.
 *
 * @param name what the error's message calls the file
 * @throws ParameterError it is none
 */
export function parseParameters(text: string, name: string): Record<string, unknown> {
  // Loaded on demand, since few need it.
  const { parse } = require("yaml") as typeof import("yaml");
  let values: unknown;
  try {
    values = parse(text) ?? {};
  } catch (cause) {
    throw new ParameterError(`${name} is no YAML: ${(cause as Error).message}`, { cause });
  }
  if (typeof values === "object" && values !== null && !Array.isArray(values))
    return values as Record<string, unknown>;
  throw new ParameterError(`${name} must hold one "name: value" a line, such as "episodes: 5".`);
}

/**
 * A copy of the notebook with a cell that sets `parameters` after the cell that declares them. A
 * text is as it was typed: kept as it is for a parameter that holds text, else read as JSON or, as papermill does, as True, False
 * and None, else a string. Other values stand for themselves, a number as text where text is declared. Whether one fits the declared type is checked by the kernel, as for any other cell.
 *
 * @throws ParameterError the notebook does not declare one; the message lists the valid names
 */
export function injectParameters(
  notebook: Notebook,
  parameters: Readonly<Record<string, unknown>>,
): Notebook {
  const cells = notebook.cells.filter((cell) => !hasTag(cell, injecting));
  const names = Object.keys(parameters);
  if (names.length === 0) return { ...notebook, cells };

  const cell = cells.find((each) => hasTag(each, declaring));
  if (cell === undefined) {
    throw new ParameterError(
      `The notebook takes no parameters: no code cell is tagged "${declaring}". Got ${names.join(", ")}.`,
    );
  }
  const declared = declaredParameters(cell.source);
  const unknown = names.filter((name) => !declared.has(name));
  if (unknown.length > 0) {
    throw new ParameterError(
      `Unknown parameter ${unknown.join(", ")}.${didYouMean(unknown[0] ?? "", [...declared.keys()])} Valid are ${[...declared.keys()].join(", ")}.`,
    );
  }
  const lines = Object.entries(parameters).map(
    ([name, given]) => `  ${name} = ${literalOf(given, declared.get(name)!)};`,
  );
  // subtle: in a block, or else tslab would print the last assignment's value.
  const source = ["// Given by the caller, in place of the defaults above.", "{", ...lines, "}"];
  cells.splice(cells.indexOf(cell) + 1, 0, codeCell(source.join("\n"), [injecting]));
  return { ...notebook, cells };
}

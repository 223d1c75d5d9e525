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

/** The variables declared by `let` in the cell, with whether they take nothing but text. */
function declaredParameters(source: string): Map<string, { isText: boolean }> {
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
  const parameters = new Map<string, { isText: boolean }>();
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
      parameters.set(name.text, { isText });
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

/** The text as JSON (numbers, booleans, null, arrays, objects), or else as the string that it is. */
function parseValue(text: string): unknown {
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

/**
 * A copy of the notebook with a cell that sets `parameters` after the cell that declares them. A
 * value is the text that was typed: kept as it is for a parameter that holds text, else read as JSON,
 * else a string. Whether it fits the declared type is checked by the kernel, as for any other cell.
 *
 * @throws ParameterError the notebook does not declare one; the message lists the valid names
 */
export function injectParameters(
  notebook: Notebook,
  parameters: Readonly<Record<string, string>>,
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
  const lines = Object.entries(parameters).map(([name, text]) => {
    const value = declared.get(name)!.isText ? text : parseValue(text);
    return `  ${name} = ${literal(value)};`;
  });
  // subtle: in a block, or else tslab would print the last assignment's value.
  const source = ["// Given by the caller, in place of the defaults above.", "{", ...lines, "}"];
  cells.splice(cells.indexOf(cell) + 1, 0, codeCell(source.join("\n"), [injecting]));
  return { ...notebook, cells };
}

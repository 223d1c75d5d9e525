import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import ts from "typescript";

// For the tests: the examples in the doc comments of what babyai and babyai-lab export.

const INDEX = join(__dirname, "lab", "src", "index.ts");
const PACKAGES: Record<string, string> = { babyai: "env", "embedded-gateway": "gateway" };

function pathOf(specifier: string, from: string): string {
  const folder = PACKAGES[specifier];
  const path =
    folder === undefined ? join(dirname(from), specifier) : join(__dirname, folder, "src");
  return existsSync(`${path}.ts`) ? `${path}.ts` : join(path, "index.ts");
}

const parsed = new Map<string, ts.SourceFile>();
function parse(path: string): ts.SourceFile {
  const file =
    parsed.get(path) ??
    ts.createSourceFile(path, readFileSync(path, "utf8"), ts.ScriptTarget.ES2022, true);
  parsed.set(path, file);
  return file;
}

/** What a module declares or exports again, by name. */
function declarationsIn(path: string): Map<string, ts.Node> {
  const found = new Map<string, ts.Node>();
  for (const statement of parse(path).statements) {
    if (ts.isExportDeclaration(statement) && statement.moduleSpecifier) {
      const source = (statement.moduleSpecifier as ts.StringLiteral).text;
      const declared = declarationsIn(pathOf(source, path));
      const { exportClause } = statement;
      const names =
        exportClause && ts.isNamedExports(exportClause)
          ? exportClause.elements.map((element) => element.name.text)
          : [...declared.keys()];
      for (const name of names) {
        const declaration = declared.get(name);
        if (declaration) found.set(name, declaration);
      }
    } else if (ts.isVariableStatement(statement)) {
      for (const { name } of statement.declarationList.declarations)
        found.set(name.getText(), statement);
    } else {
      const { name } = statement as ts.DeclarationStatement;
      if (name) found.set(name.getText(), statement);
    }
  }
  return found;
}

/** By name, types included: the example of each export of babyai-lab, which exports all of babyai; "" where it has none. */
export function examples(): Map<string, string> {
  return new Map(
    [...declarationsIn(INDEX)].map(([name, declaration]) => {
      const tags = ts.getJSDocTags(declaration);
      const tag = tags.find(({ tagName }) => tagName.text === "example");
      return [name, ts.getTextOfJSDocComment(tag?.comment) ?? ""];
    }),
  );
}

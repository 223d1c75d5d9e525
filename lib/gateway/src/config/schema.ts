import Ajv, { type ErrorObject, type ValidateFunction } from "ajv";
import Ajv2019 from "ajv/dist/2019";
import Ajv2020 from "ajv/dist/2020";
import { schemaValidation } from "../errors";

const OPTIONS = {
  strict: false,
  validateFormats: false,
  allowUnionTypes: true,
  verbose: true,
  // Two schemas may have the same `$id`.
  addUsedSchema: false,
} as const;

/** Compilers by draft; each takes tens of milliseconds to make. */
const compilers = new Map<typeof Ajv | typeof Ajv2019 | typeof Ajv2020, Ajv>();

function compile(schema: object | boolean): ValidateFunction {
  const draft = typeof schema === "object" && "$schema" in schema ? String(schema.$schema) : "";
  const Draft = /draft-0[4-7]/.test(draft) ? Ajv : draft.includes("2019-09") ? Ajv2019 : Ajv2020;
  const compiler = compilers.get(Draft) ?? new Draft(OPTIONS);
  compilers.set(Draft, compiler);
  try {
    return compiler.compile(schema);
  } finally {
    compiler.removeSchema(schema); // or it would be kept forever
  }
}

/** A JSON Schema, compiled: draft 2020-12 unless its `$schema` says 2019-09 or an older one. */
export class JsonSchema {
  /** Fits anything. */
  static readonly ANY = new JsonSchema({});
  /** As JSON: it is stored with every inference. */
  readonly text: string;
  private readonly check: ValidateFunction;

  /** @throws Error the value is no valid JSON Schema. */
  constructor(readonly value: unknown) {
    if (
      typeof value !== "boolean" &&
      (typeof value !== "object" || value === null || Array.isArray(value))
    ) {
      throw new Error("a JSON Schema must be an object or a boolean");
    }
    this.check = compile(value);
    this.text = JSON.stringify(value);
  }

  /** The first thing that is wrong with the data, or undefined. */
  problem(data: unknown): string | undefined {
    if (this.check(data)) return undefined;
    const error = this.check.errors?.[0];
    return error === undefined ? "does not match" : describe(error);
  }

  /** @throws GatewayError 400 with the first problem and the schema. */
  validate(data: unknown, debug: boolean): void {
    const problem = this.problem(data);
    if (problem !== undefined) throw schemaValidation([problem], this.value, data, debug);
  }
}

/** An error in the words of the Rust `jsonschema` crate, which TensorZero uses, as far as the keyword has simple ones. */
function describe({ keyword, params, data, message }: ErrorObject): string {
  const value = JSON.stringify(data);
  switch (keyword) {
    case "required":
      return `${JSON.stringify(params.missingProperty)} is a required property`;
    case "type": {
      const types = [params.type].flat().map((type) => JSON.stringify(type));
      return types.length === 1
        ? `${value} is not of type ${types[0]}`
        : `${value} is not of types ${types.join(", ")}`;
    }
    case "enum":
      return `${value} is not one of ${orList(params.allowedValues)}`;
    case "const":
      return `${JSON.stringify(params.allowedValue)} was expected`;
    case "additionalProperties":
    case "unevaluatedProperties": {
      const name = params.additionalProperty ?? params.unevaluatedProperty;
      const kind = keyword === "additionalProperties" ? "Additional" : "Unevaluated";
      return `${kind} properties are not allowed ('${name}' was unexpected)`;
    }
    case "minLength":
      return `${value} is shorter than ${params.limit} character${params.limit === 1 ? "" : "s"}`;
    case "maxLength":
      return `${value} is longer than ${params.limit} character${params.limit === 1 ? "" : "s"}`;
    case "minimum":
      return `${value} is less than the minimum of ${params.limit}`;
    case "maximum":
      return `${value} is greater than the maximum of ${params.limit}`;
    case "minItems":
      return `${value} has less than ${params.limit} item${params.limit === 1 ? "" : "s"}`;
    case "maxItems":
      return `${value} has more than ${params.limit} item${params.limit === 1 ? "" : "s"}`;
    case "pattern":
      return `${value} does not match "${params.pattern}"`;
    case "anyOf":
      return `${value} is not valid under any of the schemas listed in the 'anyOf' keyword`;
    default:
      return `${value} ${message ?? "does not match"}`;
  }
}

function orList(values: unknown[]): string {
  const texts = values.map((value) => JSON.stringify(value));
  return texts.length < 2 ? texts.join("") : `${texts.slice(0, -1).join(", ")} or ${texts.at(-1)}`;
}

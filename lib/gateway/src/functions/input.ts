import type { FunctionConfig } from "../config/types";
import { invalidMessage } from "../errors";
import type { Input, ReceivedBlock, Role } from "../requests/types";

/**
 * Checks texts and template arguments against the function's schemas, the system message first.
 *
 * @throws GatewayError 400
 */
export function validateInput(
  fn: FunctionConfig,
  input: Input<ReceivedBlock>,
  debug: boolean,
): void {
  const systemSchema = fn.schemas.get("system");
  if (input.system === undefined) {
    if (systemSchema !== undefined)
      throw invalidMessage("`input.system` is empty but a system template is present.");
  } else if (systemSchema !== undefined) {
    systemSchema.validate(input.system, debug);
  } else if (typeof input.system !== "string" && !fn.templateNames.has("system")) {
    throw invalidMessage(
      "System message has non-string content but there is no template `system` in any variant",
    );
  }
  input.messages.forEach(({ role, content }, index) => {
    for (const block of content) validateBlock(fn, block, role, index, debug);
  });
}

function validateBlock(
  fn: FunctionConfig,
  block: ReceivedBlock,
  role: Role,
  index: number,
  debug: boolean,
): void {
  if (block.type === "text") {
    fn.schemas.get(role)?.validate(block.text, debug);
  } else if (block.type === "template") {
    const schema = fn.schemas.get(block.name);
    if (schema !== undefined) schema.validate(block.arguments, debug);
    else if (!fn.templateNames.has(block.name)) {
      throw invalidMessage(
        `Message at index ${index} has non-string content but there is no template \`${block.name}\` in any variant`,
      );
    }
  }
}

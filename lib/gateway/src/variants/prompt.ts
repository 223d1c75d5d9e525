import type { Template, Templates } from "../config/types";
import { invalidMessage } from "../errors";
import type { ModelBlock, ModelMessage } from "../models/providers/types";
import type { Input, InputBlock, Role } from "../requests/types";

/** The system message as the model sees it; undefined if there is none. @throws GatewayError */
export function renderSystem(
  system: Input["system"],
  template: Template | undefined,
  templates: Templates,
): string | undefined {
  if (template === undefined) {
    if (typeof system !== "object") return system;
    throw invalidMessage("System message content is a template but there is no variant template");
  }
  if (!template.legacy || template.schema !== undefined)
    return templates.render(template.key, system ?? null);
  if (typeof system === "object") {
    throw invalidMessage(
      "System message content is a template but `input_wrappers.system` is set in the variant config",
    );
  }
  return templates.render(template.key, { system_text: system ?? null });
}

/** A message as the model sees it: templates rendered. @throws GatewayError */
export function renderMessage(
  { role, content }: Input["messages"][number],
  variantTemplates: Map<string, Template>,
  templates: Templates,
): ModelMessage {
  return {
    role,
    content: content.map((block) => renderBlock(block, role, variantTemplates, templates)),
  };
}

function renderBlock(
  block: InputBlock,
  role: Role,
  variantTemplates: Map<string, Template>,
  templates: Templates,
): ModelBlock {
  switch (block.type) {
    case "text": {
      const template = variantTemplates.get(role);
      // Only a template of the older form is put round plain text.
      if (!template?.legacy) return block;
      return {
        type: "text",
        text: templates.render(template.key, { [`${role}_text`]: block.text }),
      };
    }
    case "template": {
      const template = variantTemplates.get(block.name);
      if (template === undefined) throw invalidMessage(`Template \`${block.name}\` not found`);
      if (template.legacy && template.schema === undefined) {
        throw invalidMessage(
          `Request message content ${JSON.stringify(block.arguments)} is not a string but ` +
            `\`input_wrappers.${role}\` is set in the variant config`,
        );
      }
      return { type: "text", text: templates.render(template.key, block.arguments) };
    }
    case "raw_text":
      return { type: "text", text: block.value };
    default:
      return block;
  }
}

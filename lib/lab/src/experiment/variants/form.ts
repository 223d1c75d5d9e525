import { ConfigError } from "embedded-gateway";
import { type Form, forms } from "../../agents/balrog-like/forms";
import type { ActVariant } from "./act-config";

/** Templates that each form is rendered with, beside the one of its name. */
const WITH: Readonly<Record<Form, readonly string[]>> = {
  naive: [],
  cot: ["plan"],
  robust_naive: [],
  robust_cot: [],
  few_shot: ["demonstration", "your_turn"],
};

/**
 * Which of BALROG's agents a variant of the chat function is like: the one that has the name of a template of it, or that all of its
 * candidates are like.
 *
 * @param variants those of the function
 * @throws ConfigError it has the templates of no form, of several, or not all of one; or its candidates are not of one form
 */
export function formOf(variant: ActVariant, variants: ReadonlyMap<string, ActVariant>): Form {
  const { path, candidates } = variant;
  if (candidates === null) return ownForm(variant);
  const found = candidates.map((name) => {
    const candidate = variants.get(name);
    if (candidate !== undefined && candidate.candidates === null) return ownForm(candidate);
    throw new ConfigError(
      `\`${path}.candidates\` names ${name}: it must be a variant of the function without candidates.`,
    );
  });
  const [form, other] = new Set(found);
  if (form !== undefined && other === undefined) return form;
  throw new ConfigError(
    `\`${path}.candidates\` must be variants of one form, so that it is known in which an answer is read; they are of ${[...new Set(found)].join(" and ") || "none"}.`,
  );
}

function ownForm({ path, type, templates }: ActVariant): Form {
  const names = templates.map(({ name }) => name.replace(/^templates\./, ""));
  const found = forms.filter((form) => names.includes(form));
  const [form] = found;
  if (form === undefined || found.length > 1) {
    const has = type === "chat_completion" ? names.join(", ") || "none" : `the type ${type}`;
    throw new ConfigError(
      `\`${path}.templates\` must have one of ${forms.join(", ")}, by which it is known whose form of answer its model is asked for; it has ${has}.`,
    );
  }
  const missing = ["instruction", "observation", ...WITH[form]].filter(
    (name) => !names.includes(name),
  );
  if (missing.length === 0) return form;
  throw new ConfigError(
    `\`${path}.templates\` lacks ${missing.join(" and ")}: ${form} is rendered with ${[form, "instruction", "observation", ...WITH[form]].join(", ")}. config/functions/act_in_chat has them.`,
  );
}

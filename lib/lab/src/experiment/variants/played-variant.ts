import type { Form } from "../../agents/balrog-like/forms";
import type { ChatMessage } from "../../agents/local/reading/prompt";
import type { PictureUse } from "../../agents/picture";
import type { ActFunction, ActInput } from "../../agents/prompt";
import type { Price } from "./prices";

/** What a run has to know of a variant. */
export interface PlayedVariant {
  /** The function that it is a variant of. */
  function: ActFunction;
  /** Of which observations it is sent pictures. */
  pictures: PictureUse;
  /** Which of BALROG's agents it is like; null of a variant of a JSON function. */
  form: Form | null;
  /** The model's name in the config; null for a variant made of other variants. */
  model: string | null;
  /** The servers' addresses by which its model is reached. */
  servers: readonly string[];
  /** Price of its model; undefined when it is not known. */
  price: Price | undefined;
  /** What its model is sent. */
  prompt: (input: ActInput) => readonly ChatMessage[];
}

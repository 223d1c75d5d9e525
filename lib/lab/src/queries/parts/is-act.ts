import { actFunctions } from "../../agents/prompt";

/** In a query of inferences: those that chose an action. */
export const IS_ACT = `function_name IN ('${actFunctions.join("', '")}')`;

/** The template of a chat's last message has the name of the agent's form. */
const LAST = "'messages', -1, 'content', 1";

const columns = (
  table: "JsonInference" | "ChatInference",
  own: Record<"auxiliary_content" | "form" | "mission", string>,
) => `
    SELECT
      id, variant_name, episode_id, tags, timestamp, processing_time_ms, input, output,
      ${own.auxiliary_content} AS auxiliary_content,
      ${own.form} AS form,
      ${own.mission} AS mission,
      JSONExtractString(input, ${LAST}, 'arguments', 'observation') AS observation,
      nullIf(JSONExtractString(input, 'messages', -1, 'content', -1, 'storage_path', 'path'), '') AS picture
    FROM ${table}
    WHERE ${IS_ACT}`;

/**
 * In place of a table: the inferences that chose an action, by a JSON or by the chat function. `form` is that of a
 * BALROG-like agent, else "". `picture` is the one of the observation, which comes last.
 */
export const ACTS = `(${columns("JsonInference", {
  auxiliary_content: "auxiliary_content",
  form: "''",
  mission: "JSONExtractString(input, 'system', 'mission')",
})}
    UNION ALL${columns("ChatInference", {
      auxiliary_content: "''",
      // One that somebody else has had may have no template.
      form: `coalesce(nullIf(JSONExtractString(input, ${LAST}, 'name'), ''), 'none')`,
      mission: "JSONExtractString(input, 'messages', 1, 'content', 1, 'arguments', 'mission')",
    })}
  )`;

/** In a query that groups rows of ModelInference: what the model was sent beside the system message; a conversation with its roles. */
export const USER_PROMPT = `argMin(
        if(
          JSONLength(input_messages) = 1,
          JSONExtractString(input_messages, 1, 'content', 1, 'text'),
          arrayStringConcat(
            arrayMap(
              message -> concat(
                JSONExtractString(message, 'role'), ':\\n', JSONExtractString(message, 'content', 1, 'text')
              ),
              JSONExtractArrayRaw(input_messages)
            ),
            '\\n\\n'
          )
        ),
        id
      )`;

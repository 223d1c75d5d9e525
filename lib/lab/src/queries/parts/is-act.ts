import { actFunctions } from "../../agents/prompt";

/** In a query of inferences: those that chose an action. */
export const IS_ACT = `function_name IN ('${actFunctions.join("', '")}')`;

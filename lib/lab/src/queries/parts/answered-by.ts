const names = (column: string) =>
  `nullIf(arrayStringConcat(arraySort(groupUniqArray(${column})), ', '), '')`;

/** Columns of a query that groups rows of ModelInference: `model` and `provider` that answered, null where none has. */
export const ANSWERED_BY = `
      ${names("model_name")} AS model,
      ${names("model_provider_name")} AS provider`;

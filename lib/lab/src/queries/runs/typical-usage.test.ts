import { connect, uuidv7 } from "embedded-gateway";
import { actFunctions } from "../../agents/prompt";
import { typicalUsage } from "./typical-usage";

test("each function that chooses actions counts: the usage of its variants is their own", async () => {
  const clickhouse = await connect({ dataDir: ":memory:" });
  const insert = (table: string, values: object[]) =>
    clickhouse.insert({ table, values, format: "JSONEachRow" });
  for (const [i, function_name] of actFunctions.entries()) {
    const [id, episode_id] = [uuidv7(), uuidv7()];
    const named = { function_name, variant_name: `of ${function_name}` };
    await insert("JsonInference", [
      {
        id,
        episode_id,
        ...named,
        input: "{}",
        output: "{}",
        output_schema: "{}",
        inference_params: "{}",
      },
    ]);
    await insert("ModelInference", [
      {
        id: uuidv7(),
        inference_id: id,
        ...named,
        model_name: "m",
        input_tokens: 100,
        output_tokens: 10 + i,
      },
    ]);
    await insert("BooleanMetricFeedback", [
      { id: uuidv7(), target_id: episode_id, metric_name: "success", value: true },
    ]);
  }
  const usage = await typicalUsage(clickhouse);
  await clickhouse.close();
  expect(new Map(usage.map(({ variant, output_tokens }) => [variant, output_tokens]))).toEqual(
    new Map(actFunctions.map((name, i) => [`of ${name}`, 10 + i])),
  );
});

import { connect } from "embedded-gateway";
import { allRuns } from "./all-runs";
import { runStates } from "./run-state";

test("the newest run comes first, also of those that began in one second", async () => {
  const client = await connect({ dataDir: ":memory:" });
  const began = Date.UTC(2026, 10, 22, 14, 30, 5);
  const id = (ms: number) => (began + ms).toString(16).padStart(12, "0").replace(/^.{8}/, "$&-");
  const settings = ["c", "a", "b"].map((run, i) => ({
    id: `${id(100 * i)}-7000-8000-000000000000`,
    target_id: `${id(100 * i)}-7000-8000-000000000001`,
    target_type: "episode",
    value: "{}",
    tags: { run, record: "settings" },
  }));
  await client.insert({ table: "CommentFeedback", values: settings, format: "JSONEachRow" });
  const states = await runStates(client);
  expect(states.map(({ run }) => run)).toEqual(["b", "a", "c"]);
  expect(states[0]).toMatchObject({ first: "2026-11-22 14:30:05", last: "2026-11-22 14:30:05" });

  // And of runs without settings, whose rows are read, beside those that counts tell.
  const failures = [50, 250].map((ms, i) => ({
    id: `${id(ms)}-7000-8000-000000000000`,
    target_id: `${id(ms)}-7000-8000-000000000001`,
    target_type: "episode",
    value: "no answer",
    tags: { run: "zd"[i], variant: "random", task: "t", seed: "1", outcome: "failed" },
  }));
  await client.insert({ table: "CommentFeedback", values: failures, format: "JSONEachRow" });
  for (const list of [runStates, allRuns])
    expect((await list(client)).map(({ run }) => run)).toEqual(["d", "b", "a", "z", "c"]);
  await client.close();
});

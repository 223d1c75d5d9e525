import { type Harness, openHarness } from "embedded-gateway/testing/harness";
import { completion } from "embedded-gateway/testing/stand-in";
import { frame } from "./analysis/tables/frame";
import { resultsTable } from "./analysis/tables/results-table";
import { allCharts } from "./charts";
import { chartToSvg } from "./charts/drawing/render";
import { GatewayClient } from "./connection/client";
import { publishReport } from "./display/progress-bar";
import { evaluate } from "./experiment/evaluate";
import { checkSettings } from "./experiment/plan/settings";
import { actConfig } from "./experiment/testing/act-config";
import { playedVariant } from "./experiment/testing/played-variant";
import { showFrame, showTable } from "./index";
import { type EpisodeRow, episodes } from "./queries/episodes";
import { type InvalidAnswer, invalidAnswers } from "./queries/invalid-answers";
import { loadReplay, playerHtml } from "./replay";
import { filmStrip } from "./replay/film-strip";

// A model that answers with markup, in every place that its text can come to: nothing that is shown may contain it as such.

const evil = `</script><script>alert(1)</script><img src=x onerror="alert(2)">`;
let harness: Harness;
let rows: EpisodeRow[];
let invalid: InvalidAnswer[];

beforeAll(async () => {
  harness = await openHarness(actConfig(), { OPENAI_API_KEY: "sk-test-0123456789" });
  const answers = [
    { thinking: evil, action: "turn left" },
    { action: evil },
    { [evil]: evil, action: "toggle" },
    { thinking: { [evil]: evil } },
  ].map((answer) => JSON.stringify(answer));
  harness.provider.reply = (_, index) =>
    completion(index % 5 === 4 ? evil : (answers[index % 5] ?? null));
  const { id } = await evaluate(
    {
      client: new GatewayClient({
        url: "http://embedded",
        fetch: async (input, init) => harness.gateway.app.fetch(new Request(input, init)),
      }),
      variant: () => playedVariant(),
      recordFailure: async () => {},
    },
    checkSettings(
      { variants: ["retried"], tasks: ["BabyAI-MixedTrainLocal-v0/goto"], episodes: 1, seed: 203 },
      ["retried"],
    ),
    {},
  );
  await harness.gateway.flush();
  rows = await episodes(harness.clickhouse, id);
  invalid = await invalidAnswers(harness.clickhouse, id);
});
afterAll(() => harness.close());

function safe(markup: string) {
  expect(markup.length).toBeGreaterThan(100);
  expect(markup).not.toContain("<script>alert");
  expect(markup).not.toContain("<img");
}

test("the answers are stored as they came", () => {
  expect(rows).toHaveLength(1);
  expect(invalid.map(({ answer }) => answer)).toContain(evil);
  expect(invalid).toHaveLength(rows[0]!.invalid_actions!);
});

describe("in a notebook", () => {
  const shown: Record<string, string>[] = [];
  const kernel = globalThis as { __tslab__?: object };
  beforeAll(() => {
    const lastWriteDisplayData = ({ data }: { data: Record<string, string> }) => shown.push(data);
    kernel.__tslab__ = { require: () => ({ lastWriteDisplayData }) };
  });
  afterAll(() => {
    delete kernel.__tslab__;
  });
  const last = () => shown.at(-1)?.["text/html"] ?? "";

  test("tables and frames of answers, names and errors", () => {
    showTable(invalid.map((row) => ({ ...row })));
    expect(last()).toContain("&lt;script&gt;");
    safe(last());
    showTable([{ [evil]: evil }]);
    safe(last());
    showFrame(frame(resultsTable(rows.map((row) => ({ ...row, variant: evil, error: evil })))));
    safe(last());
  });

  test("the report's names", () => {
    publishReport({ run: evil, directory: evil, table: evil, charts: [evil] });
    safe(last());
  });
});

test("charts whose variant and task are markup", async () => {
  const hostile = rows.map((row) => ({ ...row, variant: evil, task: evil }));
  for (const spec of Object.values(allCharts(hostile))) safe(await chartToSvg(spec));
});

test("the player and the film strip", async () => {
  const replay = await loadReplay(harness.clickhouse, rows[0]!.episode_id!);
  const renamed = { ...replay, episode: { ...replay.episode, variant: evil, error: evil } };
  safe(playerHtml([renamed]));
  safe(filmStrip(renamed));
});

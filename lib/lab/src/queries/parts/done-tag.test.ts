import type { ClickHouseClient } from "@clickhouse/client";
import { connect } from "embedded-gateway";
import fc from "fast-check";
import {
  doneTag,
  kindOf,
  namedBy,
  nameIn,
  nameOf,
  retagged,
  slotIn,
  taggedEpisode,
  tagsBetween,
} from "./done-tag";

const SLOTS = 2 ** 16;
const ID = "01900000-0000-7000-8000-0123456789ab";

let clickhouse: ClickHouseClient;
beforeAll(async () => {
  clickhouse = await connect({ dataDir: ":memory:" });
});
afterAll(() => clickhouse.close());

const tagged = fc.record({
  run: fc.stringMatching(/^[\w.-]{1,20}$/),
  slot: fc.nat({ max: SLOTS - 1 }),
  episode: fc.record({
    variant: fc.string({ unit: "grapheme" }),
    task: fc.string({ unit: "grapheme" }),
    seed: fc.maxSafeNat(),
  }),
});

test("what makes the tag and what takes it apart agree, here and in ClickHouse", async () => {
  const samples = fc.sample(tagged, { numRuns: 300, seed: 1 });
  const tags = samples.map(({ run, slot, episode }) => doneTag(run, slot, episode, ID));
  expect(tags.map(taggedEpisode)).toEqual(samples.map(({ episode }) => episode));
  const other = { run: "'other'", name: `concat(${kindOf("name")}, ',7')`, episodeId: `'${ID}'` };
  const result = await clickhouse.query({
    query: `
      SELECT value, ${namedBy("value")}, ${nameIn("value")} AS again, ${slotIn("value")} AS slot, ${retagged("value", other)} AS retagged
      FROM (SELECT arrayJoin({tags:Array(String)}) AS value)`,
    query_params: { tags },
    format: "JSONEachRow",
  });
  const rows = await result.json<object>();
  expect(rows).toEqual(
    samples.map(({ run, slot, episode }, i) => {
      const name = JSON.stringify([episode.variant, episode.task, episode.seed]).slice(0, -1);
      const retagged = doneTag("other", slot, { ...episode, seed: 7 }, ID);
      return { value: tags[i], run, name, again: name, slot, retagged };
    }),
  );
});

test("the name of what has no tag is the one in a tag", async () => {
  const episode = { variant: 'a "b"/c', task: "BabyAI-MixedTrainLocal-v0/goto", seed: 3 };
  const result = await clickhouse.query({
    query: `SELECT ${nameIn("{tag:String}")} = ${nameOf("{variant:String}", "{task:String}", "{seed:UInt32}")} AS same`,
    query_params: { tag: doneTag("r", 1, episode, ID), ...episode },
    format: "JSONEachRow",
  });
  expect((await result.json<{ same: number }>()).map(({ same }) => Number(same))).toEqual([1]);
});

test("a tag stands between those of its slots, and of its run alone", () => {
  const slots = fc
    .tuple(fc.nat({ max: SLOTS - 1 }), fc.nat({ max: SLOTS }))
    .filter(([a, b]) => a < b);
  fc.assert(
    fc.property(tagged, slots, ({ run, slot, episode }, [first, end]) => {
      const tag = doneTag(run, slot, episode, ID);
      const { from, to } = tagsBetween(run, [first, end]);
      expect(tag >= from && tag < to).toBe(slot >= first && slot < end);
      const longer = tagsBetween(`${run}x`, [0, SLOTS]);
      expect(tag >= longer.from && tag < longer.to).toBe(false);
    }),
  );
});

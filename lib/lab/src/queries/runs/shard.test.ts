import fc from "fast-check";
import { isOfShard, type Shard, SLOTS, shardIndex, slotOf, slotsOf } from "./shard";

const shards = (of: number) => Array.from({ length: of }, (_, i): Shard => ({ index: i + 1, of }));

test("every episode is of one shard, whatever their number", () => {
  const episode = fc.record({ variant: fc.string(), task: fc.string(), seed: fc.maxSafeNat() });
  const count = fc.oneof(fc.integer({ min: 1, max: 200 }), fc.constantFrom(SLOTS - 1, SLOTS));
  fc.assert(
    fc.property(episode, count, (episode, of) => {
      const slot = slotOf(episode);
      expect(slot >= 0 && slot < SLOTS).toBe(true);
      const index = shardIndex(episode, of);
      const [from, to] = slotsOf({ index, of });
      expect(slot >= from && slot < to).toBe(true);
      if (of <= 200) {
        const own = shards(of).filter((shard) => isOfShard(episode, shard));
        expect(own).toEqual([{ index, of }]);
      }
    }),
  );
});

test("intervals of shards leave no slot out", () => {
  for (const count of [1, 2, 3, 7, 100, 1000, SLOTS]) {
    const intervals = shards(count).map(slotsOf);
    expect(intervals.filter(([from, to]) => to <= from)).toEqual([]);
    expect([0, ...intervals.map(([, to]) => to)]).toEqual([
      ...intervals.map(([from]) => from),
      SLOTS,
    ]);
  }
});

test.each([
  [20, 8, 0.35],
  [200, 8, 0.05],
  [20_000, 8, 0.001],
  [1000, 100, 0.06],
])(
  "%d seeds of each of fifteen variants and tasks are spread over %d shards within %p",
  (seeds, of, most) => {
    const sizes = new Array(of).fill(0);
    for (const variant of ["random", "rule_based", "rule_based_history"])
      for (const task of ["goto", "pickup", "open", "putnext", "pick_up_seq_go_to"])
        for (let seed = 200; seed < 200 + seeds; seed++)
          sizes[shardIndex({ variant, task, seed }, of) - 1]++;
    const mean = (15 * seeds) / of;
    expect(Math.max(...sizes) / mean - 1).toBeLessThan(most);
    expect(1 - Math.min(...sizes) / mean).toBeLessThan(most);
  },
);

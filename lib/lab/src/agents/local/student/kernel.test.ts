import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { createMemory, Kernel, ScratchError } from "./kernel";

const file = (name: string) => readFileSync(join(__dirname, name));

test("kernel.wasm is what kernel.wat compiles to", async () => {
  const { default: wabt } = await import("wabt");
  const features = { simd: true, threads: true };
  const { parseWat } = await wabt();
  const { buffer } = parseWat("kernel.wat", file("kernel.wat").toString(), features).toBinary({});
  expect(Buffer.from(buffer).equals(file("kernel.wasm"))).toBe(true);
});

const kernel = new Kernel(createMemory(4 * 2 ** 20), 0);
const float = fc.float({ min: -2, max: 2, noNaN: true });

function put(numbers: ArrayLike<number>): number {
  const at = kernel.zeros(numbers.length);
  kernel.floats.set(numbers, at);
  return at;
}

const matrix = (length: number) => fc.array(float, { minLength: length, maxLength: length });
const near = (got: Float32Array, wanted: readonly number[]) => {
  for (const [i, value] of wanted.entries()) expect(got[i]).toBeCloseTo(value, 4);
};

test("both products equal those in plain JavaScript", () => {
  const cases = fc
    .record({
      m: fc.integer({ min: 0, max: 9 }),
      k: fc.integer({ min: 0, max: 9 }),
      n: fc.constantFrom(8, 16, 24),
    })
    .chain(({ m, k, n }) =>
      fc.record({
        ...{ m: fc.constant(m), k: fc.constant(k), n: fc.constant(n) },
        ...{ a: matrix(m * k), b: matrix(k * n), bTall: matrix(m * n), c: matrix(m * n) },
      }),
    );
  fc.assert(
    fc.property(cases, ({ m, k, n, a, b, bTall, c }) => {
      kernel.reset();
      const at = {
        a: put(a),
        b: put(b),
        bTall: put(bTall),
        c: put(c),
        t: put(new Array(k * n).fill(1)),
      };
      kernel.multiply(at.c, at.a, at.b, m, k, n);
      kernel.multiplyTransposed(at.t, at.a, at.bTall, m, k, n);
      const of = (list: readonly number[], i: number) => list[i] as number;
      const sum = (length: number, term: (l: number) => number) =>
        Array.from({ length }, (_, l) => term(l)).reduce((total, x) => total + x, 0);
      near(
        kernel.floats.subarray(at.c, at.c + m * n),
        c.map((x, i) => {
          const row = Math.floor(i / n);
          return x + sum(k, (l) => of(a, row * k + l) * of(b, l * n + (i % n)));
        }),
      );
      near(
        kernel.floats.subarray(at.t, at.t + k * n),
        Array.from({ length: k * n }, (_, i) => {
          const row = Math.floor(i / n);
          return 1 + sum(m, (l) => of(a, l * k + row) * of(bTall, l * n + (i % n)));
        }),
      );
    }),
  );
});

test("gather sums the rows that a list names, scatter adds a row to them", () => {
  const cases = fc.record({
    lists: fc.array(fc.array(fc.nat(4), { maxLength: 6 }), { minLength: 1, maxLength: 5 }),
    table: matrix(5 * 16),
    rows: matrix(5 * 16),
  });
  fc.assert(
    fc.property(cases, ({ lists, table, rows }) => {
      kernel.reset();
      const starts = [0];
      for (const list of lists) starts.push((starts.at(-1) as number) + list.length);
      const ids = kernel.lists(lists.flat(), starts);
      const tableAt = put(table);
      const rowsAt = put(rows);
      kernel.gather(rowsAt, 16, tableAt, ids);
      const gathered = rows.map((x, i) => {
        const list = lists[Math.floor(i / 16)] ?? [];
        return list.reduce((sum, id) => sum + (table[id * 16 + (i % 16)] as number), x);
      });
      near(kernel.floats.subarray(rowsAt, rowsAt + rows.length), gathered);
      const wanted = [...table];
      for (const [row, list] of lists.entries())
        for (const id of list)
          for (let j = 0; j < 16; j++)
            wanted[id * 16 + j] =
              (wanted[id * 16 + j] as number) + (gathered[row * 16 + j] as number);
      kernel.scatter(rowsAt, 16, tableAt, ids);
      for (const [i, value] of wanted.entries())
        expect(kernel.floats[tableAt + i]).toBeCloseTo(value, 3);
    }),
  );
});

test("what does not fit is refused", () => {
  const small = new Kernel(createMemory(65_536), 16_000);
  small.zeros(384);
  expect(() => small.zeros(1)).toThrow(ScratchError);
});

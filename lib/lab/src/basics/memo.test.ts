import { Memo } from "./memo";

/** Makes values that come when they are told to. */
function maker() {
  const pending: { resolve(value: number): void; reject(error: Error): void }[] = [];
  const make = () =>
    new Promise<number>((resolve, reject) => {
      pending.push({ resolve, reject });
    });
  return { make, pending };
}

test("what is under way is handed to all who ask, however long it takes", async () => {
  const { make, pending } = maker();
  const memo = new Memo<number>(2, 0);
  const asked = [memo.get("a", make), memo.get("a", make)];
  expect(pending).toHaveLength(1);
  pending[0]?.resolve(1);
  expect(await Promise.all(asked)).toEqual([1, 1]);
  void memo.get("a", make); // no longer fresh
  expect(pending).toHaveLength(2);
});

test("who has waited long enough gets what was there before, and all the new once it is there", async () => {
  const { make, pending } = maker();
  const memo = new Memo<number>(2, 0);
  const first = memo.soon("a", make, 0);
  pending[0]?.resolve(1);
  expect(await first).toEqual({ value: 1, isOld: false });
  expect(await memo.soon("a", make, 0)).toEqual({ value: 1, isOld: true });
  expect(await memo.soon("a", make, 0)).toEqual({ value: 1, isOld: true });
  expect(pending).toHaveLength(2);
  const patient = memo.soon("a", make, 60_000);
  pending[1]?.resolve(2);
  expect(await patient).toEqual({ value: 2, isOld: false });
});

test("what fails is not kept, and who waits for it is told", async () => {
  const { make, pending } = maker();
  const memo = new Memo<number>(2);
  const asked = memo.soon("a", make, 60_000);
  pending[0]?.reject(new Error("away"));
  await expect(asked).rejects.toThrow("away");
  void memo.get("a", make);
  expect(pending).toHaveLength(2);
});

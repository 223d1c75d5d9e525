import { setTimeout as sleep } from "node:timers/promises";

interface Known<T> {
  made: Promise<T>;
  at: number;
  isUnderWay: boolean;
  /** What came before it, and, once it is there, it itself. */
  last?: { value: T };
}

/** Keeps what was last asked for, the latest `most` of it, and hands the same promise to all who ask meanwhile. */
export class Memo<T> {
  private readonly known = new Map<string, Known<T>>();

  /** @param forMs how long something stays known, from when it was begun. Default: as long as there is room */
  constructor(
    private readonly most: number,
    private readonly forMs = Number.POSITIVE_INFINITY,
  ) {}

  /** What `make` made for the key; what fails is not kept. */
  get(key: string, make: () => Promise<T>): Promise<T> {
    return this.entry(key, make).made;
  }

  /** As `get`, but who has waited for `patienceMs` gets what was known before, if anything was, and it is said to be old. */
  async soon(
    key: string,
    make: () => Promise<T>,
    patienceMs: number,
  ): Promise<{ value: T; isOld: boolean }> {
    const { made, last } = this.entry(key, make);
    const fresh = made.then((value) => ({ value, isOld: false }));
    if (last === undefined) return fresh;
    const waiting = new AbortController();
    const old = sleep(patienceMs, { value: last.value, isOld: true }, waiting);
    old.catch(() => {});
    return Promise.race([fresh, old]).finally(() => waiting.abort());
  }

  forget(key: string): void {
    this.known.delete(key);
  }

  private entry(key: string, make: () => Promise<T>): Known<T> {
    const found = this.known.get(key);
    this.known.delete(key);
    const isFresh =
      found !== undefined && (found.isUnderWay || performance.now() - found.at < this.forMs);
    const entry = isFresh ? found : this.begin(key, make, found?.last);
    this.known.set(key, entry);
    const [oldest] = this.known.keys();
    if (this.known.size > this.most && oldest !== undefined) this.known.delete(oldest);
    return entry;
  }

  private begin(key: string, make: () => Promise<T>, last: Known<T>["last"]): Known<T> {
    const entry: Known<T> = { made: make(), at: performance.now(), isUnderWay: true, last };
    entry.made.then(
      (value) => {
        entry.isUnderWay = false;
        entry.last = { value };
      },
      () => {
        if (this.known.get(key) === entry) this.known.delete(key);
      },
    );
    return entry;
  }
}

/** Keeps what was last asked for, the latest `most` of it, and hands the same promise to all who ask meanwhile. */
export class Memo<T> {
  private readonly known = new Map<string, { made: Promise<T>; at: number }>();

  /** @param forMs how long something stays known. Default: as long as there is room */
  constructor(
    private readonly most: number,
    private readonly forMs = Number.POSITIVE_INFINITY,
  ) {}

  /** What `make` made for the key; what fails is not kept. */
  get(key: string, make: () => Promise<T>): Promise<T> {
    const found = this.known.get(key);
    this.known.delete(key);
    const isFresh = found !== undefined && performance.now() - found.at < this.forMs;
    const entry = isFresh ? found : { made: make(), at: performance.now() };
    this.known.set(key, entry);
    entry.made.catch(() => {
      if (this.known.get(key) === entry) this.known.delete(key);
    });
    const [oldest] = this.known.keys();
    if (this.known.size > this.most && oldest !== undefined) this.known.delete(oldest);
    return entry.made;
  }

  forget(key: string): void {
    this.known.delete(key);
  }
}

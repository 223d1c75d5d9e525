/** An error of this interface itself, with ClickHouse's code for it. */
export class ClickHouseHttpError extends Error {
  override readonly name = "ClickHouseHttpError";
  constructor(
    readonly code: number,
    readonly type: string,
    message: string,
  ) {
    super(message);
  }
}

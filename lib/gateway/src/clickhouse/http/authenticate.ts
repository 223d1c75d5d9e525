import type { Context } from "hono";
import { isSameSecret } from "../../basics/same-secret";
import { ClickHouseHttpError } from "./error";

/** User and password; both are needed. */
export interface Credentials {
  user: string;
  password: string;
}

/**
 * Checks the credentials in the headers: ClickHouse's own, or basic authentication. Those in the URL are not taken, since a
 * web page's links can hold them.
 *
 * @throws ClickHouseHttpError 516
 */
export function authenticate(c: Context, expected: Credentials): void {
  const basic = /^Basic (.+)$/i.exec(c.req.header("authorization") ?? "")?.[1];
  const [, inBasic, keyInBasic] =
    /^([^:]*):?(.*)$/s.exec(Buffer.from(basic ?? "", "base64").toString("utf8")) ?? [];
  const user = c.req.header("x-clickhouse-user") ?? (inBasic || "default");
  const password = c.req.header("x-clickhouse-key") ?? keyInBasic ?? "";
  if (user === expected.user && isSameSecret(password, expected.password)) return;
  const isInUrl = c.req.query("user") !== undefined || c.req.query("password") !== undefined;
  throw new ClickHouseHttpError(
    516,
    "AUTHENTICATION_FAILED",
    `${user}: Authentication failed: password is incorrect, or there is no user with such name.` +
      (isInUrl ? " User and password are taken from headers, not from the URL." : ""),
  );
}

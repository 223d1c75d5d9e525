import type { Context } from "hono";
import { isSameSecret } from "../../basics/same-secret";
import { ClickHouseHttpError } from "./error";

/** User and password; both are needed. */
export interface Credentials {
  user: string;
  password: string;
}

/**
 * Checks the credentials in the headers, the URL or basic authentication, in this order.
 *
 * @throws ClickHouseHttpError 516
 */
export function authenticate(c: Context, expected: Credentials): void {
  const basic = /^Basic (.+)$/i.exec(c.req.header("authorization") ?? "")?.[1];
  const decoded = basic === undefined ? undefined : Buffer.from(basic, "base64").toString("utf8");
  const colon = decoded?.indexOf(":") ?? -1;
  const user =
    c.req.header("x-clickhouse-user") ??
    c.req.query("user") ??
    (decoded === undefined ? "default" : decoded.slice(0, colon));
  const password =
    c.req.header("x-clickhouse-key") ??
    c.req.query("password") ??
    (decoded === undefined ? "" : decoded.slice(colon + 1));
  if (user === expected.user && isSameSecret(password, expected.password)) return;
  throw new ClickHouseHttpError(
    516,
    "AUTHENTICATION_FAILED",
    `${user}: Authentication failed: password is incorrect, or there is no user with such name.`,
  );
}

/**
 * An address that cannot be used. The message is the rest of a sentence that begins with what holds it, e.g. a
 * variable.
 */
export class HttpUrlError extends Error {
  override readonly name = "HttpUrlError";
}

const ENCODE =
  "In its user and password every character but letters and digits must be percent-encoded, such as / as %2F, @ as %40, " +
  "# as %23, ? as %3F, % as %25 and a space as %20";

/**
 * Reads an HTTP address that may hold a user and a password. An address that cannot be read is never shown: where its
 * password ends is not known then.
 *
 * @throws HttpUrlError
 */
export function parseHttpUrl(text: string): URL {
  if (!/^\s*https?:\/\//i.test(text))
    throw new HttpUrlError("does not begin with http:// or https://");
  if (!URL.canParse(text)) throw new HttpUrlError(`is no address. ${ENCODE}`);
  const url = new URL(text);
  // An @ behind the host: what stands before it may be the rest of a password.
  const isCut = /^\s*https?:\/\/[^/\\?#]*[/\\?#].*@/is.test(text);
  if (isCut || !canDecode(url.username) || !canDecode(url.password))
    throw new HttpUrlError(`holds a password that is not percent-encoded. ${ENCODE}`);
  return url;
}

function canDecode(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

/**
 * The address without user and password (fetch refuses them, and they must not be shown), and the header that carries
 * them.
 */
export function splitCredentials(url: URL): { url: string; headers: Record<string, string> } {
  const bare = new URL(url);
  bare.username = "";
  bare.password = "";
  const credentials = [url.username, url.password].map(decodeURIComponent).join(":");
  if (credentials === ":") return { url: bare.href, headers: {} };
  const authorization = `Basic ${Buffer.from(credentials).toString("base64")}`;
  return { url: bare.href, headers: { authorization } };
}

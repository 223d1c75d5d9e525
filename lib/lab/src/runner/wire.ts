import { createHmac, randomUUID, timingSafeEqual } from "node:crypto";

// Jupyter's wire protocol: https://jupyter-client.readthedocs.io/en/stable/messaging.html
// A message is [identities…, "<IDS|MSG>", signature, header, parent header, metadata, content].

/** What names a message. A reply and every output carry the header of the request they belong to. */
export interface Header {
  msg_id: string;
  msg_type: string;
  session: string;
  username: string;
  date: string;
  version: string;
}

/** One message of Jupyter's protocol, without its routing frames and signature. */
export interface Message {
  header: Header;
  /** Empty when nothing was asked for, as with a kernel's first status. */
  parent: Partial<Header>;
  content: Record<string, unknown>;
}

/** A message whose frames, signature or JSON are not what the protocol asks for. */
export class WireError extends Error {
  override readonly name = "WireError";
}

const delimiter = "<IDS|MSG>";

/** A request with a fresh id. */
export function createRequest(
  type: string,
  content: Record<string, unknown>,
  session: string,
): Message {
  return {
    header: {
      msg_id: randomUUID(),
      msg_type: type,
      session,
      username: "babyai-lab",
      date: new Date().toISOString(),
      version: "5.3",
    },
    parent: {},
    content,
  };
}

function sign(key: string, parts: readonly (string | Buffer)[]): string {
  const hmac = createHmac("sha256", key);
  for (const part of parts) hmac.update(part);
  return hmac.digest("hex");
}

/** The frames to send for `message`, signed with HMAC-SHA256. */
export function encode(message: Message, key: string): string[] {
  const parts = [message.header, message.parent, {}, message.content].map((part) =>
    JSON.stringify(part),
  );
  return [delimiter, sign(key, parts), ...parts];
}

/** The message in received `frames`. @throws WireError it is not signed with `key` */
export function decode(frames: readonly Buffer[], key: string): Message {
  const start = frames.findIndex((frame) => frame.toString() === delimiter);
  const [signature, ...parts] = start < 0 ? [] : frames.slice(start + 1);
  if (signature === undefined || parts.length < 4) {
    throw new WireError(
      `A Jupyter message needs ${delimiter} and five frames after it; got ${frames.length} frames.`,
    );
  }
  const expected = Buffer.from(sign(key, parts));
  if (signature.length !== expected.length || !timingSafeEqual(signature, expected)) {
    throw new WireError("A Jupyter message is not signed with this connection's key.");
  }
  try {
    const [header, parent, , content] = parts.slice(0, 4).map((part) => JSON.parse(`${part}`));
    return { header, parent, content };
  } catch (cause) {
    throw new WireError("A Jupyter message holds a frame that is not JSON.", { cause });
  }
}

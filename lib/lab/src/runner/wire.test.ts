import fc from "fast-check";
import { createRequest, decode, encode, WireError } from "./wire";

const key = "c0ffee";
const frames = (content: Record<string, unknown>) =>
  encode(createRequest("execute_request", content, "session"), key).map((frame) =>
    Buffer.from(frame),
  );

test("what is encoded is decoded, behind any routing frames", () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string(), fc.jsonValue()),
      fc.array(fc.string()),
      (content, ids) => {
        const routing = ids.filter((id) => id !== "<IDS|MSG>").map((id) => Buffer.from(id));
        const { header, parent, content: decoded } = decode([...routing, ...frames(content)], key);
        expect(header.msg_type).toBe("execute_request");
        expect(parent).toEqual({});
        expect(JSON.stringify(decoded)).toBe(JSON.stringify(content));
      },
    ),
  );
});

test("a message signed with another key, changed or cut is refused", () => {
  const message = frames({ code: "1" });
  expect(() => decode(message, "other")).toThrow(WireError);
  for (let frame = 2; frame < message.length; frame++) {
    const changed = message.map((text, i) => (i === frame ? Buffer.from(`${text} `) : text));
    expect(() => decode(changed, key)).toThrow("not signed");
    expect(() => decode(message.slice(0, frame), key)).toThrow("five frames");
  }
  expect(() => decode(message.slice(1), key)).toThrow(WireError);
});

import fc from "fast-check";
import { HttpUrlError, parseHttpUrl, splitCredentials } from "./http-url";

test("user and password that are percent-encoded arrive as they are, and leave the address", () => {
  const text = fc.string({ unit: "grapheme", minLength: 1 });
  fc.assert(
    fc.property(text, text, (user, password) => {
      const [name, word] = [user, password].map(encodeURIComponent);
      const { url, headers } = splitCredentials(parseHttpUrl(`https://${name}:${word}@host:8/db`));
      expect(url).toBe("https://host:8/db");
      const [, sent] = headers.authorization!.split("Basic ");
      expect(Buffer.from(sent!, "base64").toString()).toBe(`${user}:${password}`);
    }),
  );
  expect(splitCredentials(parseHttpUrl("http://host"))).toEqual({
    url: "http://host/",
    headers: {},
  });
});

test("no part of a password is ever shown, however it is written", () => {
  const noise = fc.string({
    unit: fc.constantFrom("/", "@", "#", "?", "%", " ", ":", "\\", "[", ".", "1", "a", "%4", "é"),
  });
  const address = fc.tuple(
    fc.constantFrom("http://", "https://", "clickhouse://", "http:", ""),
    fc.constantFrom("user:", "12:", ""),
    noise,
    noise,
    fc.constantFrom("@host", "@host:8123/db", "@host/..", "@"),
  );
  fc.assert(
    fc.property(address, ([scheme, user, before, after, rest]) => {
      let shown: string;
      try {
        shown = splitCredentials(
          parseHttpUrl(`${scheme}${user}${before}secret${after}${rest}`),
        ).url;
      } catch (error) {
        expect(error).toBeInstanceOf(HttpUrlError);
        shown = (error as Error).message;
      }
      expect(shown.toLowerCase()).not.toContain("secret");
    }),
    { numRuns: 1000 },
  );
});

test.each([
  ["http://user:pa/ss@host", "is no address. In its user and password every character"],
  ["http://user:12/ss@host", "holds a password that is not percent-encoded"],
  ["http://user:100%@host", "holds a password that is not percent-encoded"],
  ["user:pass@host", "does not begin with http:// or https://"],
])("%s is refused with what to do", (text, problem) => {
  expect(() => parseHttpUrl(text)).toThrow(problem);
});

/** Characters that one event may have: what is longer is no piece of an answer, and must not fill the memory. */
export const EVENT_LIMIT = 3 * 1024 * 1024;

/**
 * The data of each event in a body of `text/event-stream`, read as the HTML standard says (section 9.2.6): lines end with
 * LF, CR or CRLF, `data` lines of one event are joined by LF, other fields and comments are left out, as are events
 * without data. An event that the body's end leaves open counts, since servers omit the last blank line.
 *
 * @throws Error an event has more than {@link EVENT_LIMIT} characters; and what the body throws
 */
export async function* eventData(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let data: string[] = [];
  let line: string[] = []; // in pieces: to join them with each chunk would take quadratic time
  let size = 0;
  let endsInCr = false;
  for await (const chunk of textOf(body)) {
    if (chunk === "") continue; // the beginning of a character
    const [head = "", ...rest] = (
      endsInCr && chunk.startsWith("\n") ? chunk.slice(1) : chunk
    ).split(/\r\n?|\n/);
    endsInCr = chunk.endsWith("\r");
    line.push(head);
    size += head.length;
    for (const next of rest) {
      const whole = line.join("");
      if (whole === "") {
        const event = data.join("\n");
        if (event.trim() !== "") yield event;
        data = [];
        size = 0;
      } else if (whole.startsWith("data:")) {
        data.push(whole.slice(whole[5] === " " ? 6 : 5));
      } else if (whole === "data") data.push("");
      line = [next];
      size += next.length + 1;
    }
    if (size > EVENT_LIMIT) throw new Error(`an event is longer than ${EVENT_LIMIT} characters`);
  }
}

/** The body's text, closed by a blank line. */
async function* textOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  for await (const bytes of body) yield decoder.decode(bytes, { stream: true });
  yield `${decoder.decode()}\n\n`;
}

// A model that answers at once. `node provider.mjs <answer>` prints its address and ends with its input.
import { createServer } from "node:http";

const answer = Buffer.from(process.argv[2]);
const headers = { "content-type": "application/json", "content-length": answer.length };
const server = createServer((request, response) => {
  request.resume().on("end", () => response.writeHead(200, headers).end(answer));
});
server.keepAliveTimeout = 95_000;
server.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}`));
process.stdin.resume().on("end", () => process.exit());

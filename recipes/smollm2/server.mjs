// Serves a GGUF model behind OpenAI's API, for the function `act`: `node server.mjs <file> [port] [slots] [threads]`.
// It generates nothing but JSON of the request's strict schema, which has one property with an enum.
import { createServer } from "node:http";
import { basename } from "node:path";
import { getLlama, LlamaGrammarEvaluationState } from "node-llama-cpp";

const [file, port = "8080", slots = "24", threads = "2"] = process.argv.slice(2);
if (file === undefined) {
  console.error("node server.mjs <file.gguf> [port] [slots] [threads]");
  process.exit(2);
}
const name = basename(file, ".gguf").toLowerCase();
const llama = await getLlama({ gpu: false, build: "never", maxThreads: Number(threads) });
const model = await llama.loadModel({ modelPath: file });

/**
 * Slots that are free, those that have been so for longest first. Each has a context of its own: sequences of one context
 * would each pay for the attention over all of them.
 */
const free = [];
for (let i = 0; i < Number(slots); i++) {
  const context = await model.createContext({
    contextSize: 2048,
    sequences: 1,
    threads: 1,
    batchSize: 512,
  });
  free.push(context.getSequence());
}

/** Inferences wait here for one of the threads. */
const waiting = [];
let idle = Number(threads);

async function onThread(work) {
  if (idle > 0) idle--;
  else await new Promise((resolve) => waiting.push(resolve));
  try {
    return await work();
  } finally {
    const next = waiting.shift();
    if (next) next();
    else idle++;
  }
}

// SmolLM2's chat template (ChatML), without the system message that it adds where there is none.
const [start, end] = ["<|im_start|>", "<|im_end|>"].map((text) => model.tokenize(text, true));
const newline = model.tokenize("\n");

function promptOf(messages) {
  return [
    ...messages.flatMap(({ role, content }) => [
      ...start,
      ...model.tokenize(`${role}\n${content}`),
      ...end,
      ...newline,
    ]),
    ...start,
    ...model.tokenize("assistant\n"),
  ];
}

function sharedBeginning(a, b) {
  let i = 0;
  while (i < a.length && i < b.length && a[i] === b[i]) i++;
  return i;
}

/** An episode goes on in its own slot; a new one begins in one of those that have been free for longest. */
function takeSlot(tokens) {
  const found = free.map(({ contextTokens }, i) => {
    const shared = sharedBeginning(contextTokens, tokens);
    return { i, shared, isOwn: shared > 0.8 * contextTokens.length };
  });
  const own = found.filter(({ isOwn }) => isOwn);
  const oldest = found.slice(0, Math.ceil(found.length / 2));
  const [best] = (own.length > 0 ? own : oldest).sort((a, b) => b.shared - a.shared);
  return free.splice(best.i, 1)[0];
}

/** What a strict schema leaves to choose: the text before the choice, and the values. */
function choicesOf(format) {
  const properties = Object.entries(format?.json_schema?.schema?.properties ?? {});
  const [[property, { enum: values } = {}] = []] = properties;
  if (properties.length !== 1 || !Array.isArray(values)) {
    throw new Error("response_format must be a json_schema of one property with an enum");
  }
  return { before: `{"${property}": "`, values };
}

const grammars = new Map();
function grammarOf(values) {
  const root = values.map((value) => JSON.stringify(value)).join(" | ");
  if (!grammars.has(root)) grammars.set(root, llama.createGrammar({ grammar: `root ::= ${root}` }));
  return grammars.get(root);
}

async function complete({ messages, response_format, temperature = 1, top_p, seed }) {
  const { before, values } = choicesOf(response_format);
  const prompt = promptOf(messages);
  const given = [...prompt, ...model.tokenize(before)];
  const grammar = await grammarOf(values);
  const sequence = takeSlot(given);
  try {
    await sequence.adaptStateToTokens(given.slice(0, -1), false);
    const cached = sequence.nextTokenIndex;
    const options = {
      ...{ temperature, topP: top_p, seed, yieldEogToken: true },
      grammarEvaluationState: new LlamaGrammarEvaluationState({ model, grammar }),
    };
    const answer = [];
    let left = values;
    for await (const token of sequence.evaluate(given.slice(cached), options)) {
      answer.push(token);
      const text = model.detokenize(answer);
      left = values.filter((value) => value.startsWith(text));
      if (left.length <= 1) break; // the schema leaves nothing else
    }
    const content = `${before}${left[0]}"}`;
    return {
      content,
      usage: {
        prompt_tokens: prompt.length,
        completion_tokens: model.tokenize(content).length,
        total_tokens: prompt.length + model.tokenize(content).length,
        prompt_tokens_details: { cached_tokens: Math.min(cached, prompt.length) },
      },
    };
  } finally {
    free.push(sequence);
  }
}

/** At temperature 0 a prompt always has the same answer: it is computed once. */
const answers = new Map();

async function answerTo(body) {
  const compute = () => onThread(() => complete(body));
  if (body.temperature !== 0) return compute();
  const key = JSON.stringify([body.messages, body.response_format]);
  const known = await answers.get(key);
  if (known !== undefined) {
    const { prompt_tokens } = known.usage;
    const usage = { ...known.usage, prompt_tokens_details: { cached_tokens: prompt_tokens } };
    return { ...known, usage };
  }
  const answer = compute();
  answers.set(key, answer);
  answer.catch(() => answers.delete(key));
  return answer;
}

async function respond({ url, method }, text) {
  if (url.startsWith("/v1/models")) {
    return [200, { object: "list", data: [{ id: name, object: "model", owned_by: "local" }] }];
  }
  if (method !== "POST" || url !== "/v1/chat/completions") {
    return [404, { error: { message: `no route ${method} ${url}` } }];
  }
  const { content, usage } = await answerTo(JSON.parse(text));
  const message = { role: "assistant", content };
  const created = Math.floor(Date.now() / 1000);
  const choices = [{ index: 0, message, finish_reason: "stop" }];
  return [
    200,
    { id: "chatcmpl-local", object: "chat.completion", created, model: name, choices, usage },
  ];
}

const server = createServer(async (request, response) => {
  // A browser says where a page's request comes from; programs do not, and no page has business here.
  const { origin, "sec-fetch-site": site } = request.headers;
  if (origin !== undefined || site !== undefined) return response.writeHead(403).end();
  let text = "";
  for await (const chunk of request) text += chunk;
  const [status, body] = await respond(request, text).catch((error) => [
    500,
    { error: { message: String(error) } },
  ]);
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
});
server.listen(Number(port), "127.0.0.1", () =>
  console.log(`${name} at http://127.0.0.1:${port}/v1`),
);

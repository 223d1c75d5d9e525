// The script of the player's page: plays the episodes of the page's data side by side, a step at a time.
// Everything that a model wrote goes in as text; only the pictures, which this library drew, are parsed.
const { lines, episodes } = JSON.parse(document.getElementById("data").textContent);
const text = (indices) => indices.map((index) => lines[index]).join("\n");
const byId = (id) => document.getElementById(id);
const [play, slider, position, speed, letters] = [
  "play",
  "slider",
  "position",
  "speed",
  "letters",
].map(byId);

function element(parent, tag, className, content = "") {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = content;
  parent.append(made);
  return made;
}

/** Builds an episode's place and returns the function that shows one of its frames there. */
function build({ heading, about, mismatches, frames }) {
  const section = element(byId("episodes"), "section", "episode");
  const top = element(section, "div", "heading");
  element(top, "h2", "", heading);
  element(top, "p", "about", about);
  for (const sentence of mismatches) element(top, "p", "mismatch", `Mismatch: ${sentence}`);
  const body = element(section, "div", "body");
  const picture = element(body, "div", "picture");
  const step = element(body, "div", "step");
  const action = element(step, "p", "action");
  const cost = element(step, "p", "cost");
  const patterns = element(step, "div", "patterns");
  const block = (title, className = "", parent = step) => {
    const part = element(parent, "div", className);
    element(part, "h3", "", title);
    const pre = element(part, "pre", "");
    return (content) => {
      part.hidden = content === null;
      pre.textContent = content === null ? "" : text(content);
    };
  };
  const observation = block("Observation", "observation");
  const seen = frames.some((frame) => frame.picture !== null) && element(step, "img", "seen");
  if (seen) seen.alt = "The picture that the model was sent";
  const shown = block("Mismatch: the agent was shown", "mismatch");
  const thinking = block("Thinking", "thinking");
  const answer = block("Answer", "answer");
  const details = element(step, "details", "");
  element(details, "summary", "", "Prompt");
  const system = block("System", "system", details);
  const user = block("User", "user", details);

  return (index) => {
    const frame = frames[Math.min(index, frames.length - 1)];
    picture.innerHTML = text(letters.checked ? frame.lettered : frame.svg);
    action.textContent = frame.action;
    cost.textContent = frame.cost;
    patterns.replaceChildren();
    for (const name of frame.patterns) element(patterns, "span", "pattern", name);
    observation(frame.observation);
    if (seen) {
      seen.hidden = frame.picture === null;
      seen.src = frame.picture ?? "data:,";
    }
    shown(frame.shown);
    thinking(frame.thinking);
    answer(frame.answer);
    details.hidden = frame.user === null;
    system(frame.system);
    user(frame.user);
  };
}

const shows = episodes.map(build);
const last = Math.max(...episodes.map(({ frames }) => frames.length)) - 1;
// On a site each step has an address.
const hasAddress = "stepInAddress" in document.body.dataset;
const stepInAddress = () =>
  Number(/^#(\d+)$/.exec(location.hash)?.[1] ?? document.body.dataset.start);
let current = 0;
let timer;

function show(index) {
  current = Math.max(0, Math.min(last, index));
  for (const showFrame of shows) showFrame(current);
  slider.value = current;
  position.textContent = `step ${current} of ${last}`;
  if (!hasAddress) return;
  history.replaceState(null, "", `#${current}`);
  // Where a form's answer leads back, the step goes along.
  for (const form of document.forms) form.action = form.action.replace(/(#.*)?$/, `#${current}`);
}

function pause() {
  clearTimeout(timer);
  timer = undefined;
  play.textContent = "▶ Play";
}

function tick() {
  timer = setTimeout(() => {
    show(current + 1);
    if (current === last) pause();
    else tick();
  }, 500 / Number(speed.value));
}

function toggle() {
  if (timer !== undefined) return pause();
  if (current === last) show(0);
  play.textContent = "❚❚ Pause";
  tick();
}

function seek(index) {
  pause();
  show(index);
}

// A browser keeps it for the next episode; a frame in a notebook has no place to keep it in.
const LETTERS = "letters";
try {
  letters.checked ||= localStorage.getItem(LETTERS) === "on";
} catch {}

function showLetters() {
  show(current);
  try {
    localStorage.setItem(LETTERS, letters.checked ? "on" : "off");
  } catch {}
}

function changeSpeed(by) {
  const index = Math.max(0, Math.min(speed.options.length - 1, speed.selectedIndex + by));
  speed.selectedIndex = index;
}

const keys = {
  ArrowLeft: () => seek(current - 1),
  ArrowRight: () => seek(current + 1),
  Home: () => seek(0),
  End: () => seek(last),
  " ": toggle,
  "+": () => changeSpeed(1),
  "-": () => changeSpeed(-1),
  l: () => letters.click(),
};
document.addEventListener("keydown", (event) => {
  const { key, target } = event;
  const isOurs = Object.hasOwn(keys, key) && !(event.ctrlKey || event.metaKey || event.altKey);
  // A focused button takes the space bar itself, a list its arrows.
  const isTheirs =
    (key === " " && target.matches("button, summary, a, #letters")) ||
    target.matches("select, textarea, input:not(#slider, #letters)");
  if (!isOurs || isTheirs) return;
  event.preventDefault();
  keys[key]();
});
slider.max = last;
slider.addEventListener("input", () => seek(Number(slider.value)));
letters.addEventListener("change", showLetters);
play.addEventListener("click", toggle);
byId("first").addEventListener("click", () => seek(0));
byId("back").addEventListener("click", () => seek(current - 1));
byId("next").addEventListener("click", () => seek(current + 1));
byId("last").addEventListener("click", () => seek(last));
pause();
addEventListener("hashchange", () => seek(stepInAddress()));
show(stepInAddress());

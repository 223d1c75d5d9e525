// The script of the pages: fills the parts that come after the page, and looks again at those that change. The server has
// escaped what stands in them; without scripts they are links.
const MOST_AT_ONCE = 2;
const waiting = [];
let loading = 0;

/** Charts have another form for a narrow window. */
const narrow = matchMedia("(max-width: 640px)");
narrow.addEventListener("change", () => {
  for (const part of document.querySelectorAll("[data-narrow]")) if (shown.has(part)) enqueue(part);
});
const addressOf = ({ dataset }) => (narrow.matches && dataset.narrow) || dataset.part;

/** Parts are fetched once they are near the window, a few at a time. */
const near = new IntersectionObserver(
  (entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      near.unobserve(target);
      enqueue(target);
    }
  },
  { rootMargin: "400px" },
);

function watch(root) {
  for (const part of root.querySelectorAll("[data-part]")) {
    const { filled } = part.dataset;
    if (filled === undefined) near.observe(part);
    else if (filled !== "") setTimeout(enqueue, 1000 * Number(filled), part);
  }
}

function enqueue(part) {
  waiting.push(part);
  work();
}

async function work() {
  if (loading >= MOST_AT_ONCE) return;
  const part = waiting.shift();
  if (part === undefined) return;
  loading++;
  try {
    if (part.isConnected) await fill(part);
  } finally {
    loading--;
    work();
  }
}

async function fill(part) {
  let again = null;
  try {
    const address = addressOf(part);
    const answer = await fetch(address);
    again = answer.headers.get("refresh-after");
    show(part, await answer.text());
    if (addressOf(part) !== address) enqueue(part); // the window has become narrow or wide meanwhile
    part.classList.remove("stale");
  } catch {
    // The server has ended, or the machine sleeps: what is there stays, and is tried again.
    part.classList.add("stale");
    again = "5";
  }
  if (again === null) return;
  // A page in the background waits until it is seen.
  const next = () =>
    document.hidden
      ? document.addEventListener("visibilitychange", next, { once: true })
      : enqueue(part);
  setTimeout(next, 1000 * Number(again));
}

const shown = new WeakMap();

/** Puts the text in the part's place. Ticks, focus and open details stay as they are. */
function show(part, text) {
  if (shown.get(part) === text) return;
  shown.set(part, text);
  const nameOf = (element) =>
    element.getAttribute("href") ?? element.getAttribute("value") ?? element.tagName;
  const ticked = new Set([...part.querySelectorAll("input:checked")].map((input) => input.value));
  const closed = [...part.querySelectorAll("details")].map(({ open }) => open);
  const focused = part.contains(document.activeElement) ? nameOf(document.activeElement) : null;
  // A part in the part, such as a cost, keeps what it has until it is there anew.
  const inner = new Map(
    [...part.querySelectorAll("[data-part]")].map((each) => [each.dataset.part, each]),
  );
  const template = document.createElement("template");
  template.innerHTML = text;
  for (const input of template.content.querySelectorAll("input[type=checkbox]"))
    input.checked = ticked.has(input.value);
  template.content.querySelectorAll("details").forEach((details, i) => {
    details.open = closed[i] ?? details.open;
  });
  for (const each of template.content.querySelectorAll("[data-part]")) {
    const known = inner.get(each.dataset.part);
    if (known) each.innerHTML = known.innerHTML;
  }
  part.replaceChildren(template.content);
  watch(part);
  if (focused === null) return;
  const same = [...part.querySelectorAll("a, input, button, summary")].find(
    (each) => nameOf(each) === focused,
  );
  same?.focus({ preventScroll: true });
}

watch(document);

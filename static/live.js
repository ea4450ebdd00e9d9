// Live parts: <div data-live="/cases/…/progress" data-live-etag="…"> asks its address every two seconds and takes the
// answer in place. A 304 costs nothing; an element marked data-live-done in the answer ends it. What changed is said
// once, politely, in the words of the part marked data-live-say. Focus and selection stay where they are.

const PACE = 2000;
const SLOWEST = 30000;

export function startLive(root = document) {
  root.querySelectorAll("[data-live]").forEach(follow);
}

function follow(element) {
  const live = { element, url: element.dataset.live, etag: element.dataset.liveEtag || "", wait: PACE, waiting: null, timer: 0 };
  if (isDone(element)) return;
  document.addEventListener("visibilitychange", () => document.hidden || soon(live, 0));
  element.addEventListener("focusout", () => setTimeout(() => take(live), 0));
  soon(live, PACE);
}

function soon(live, wait) {
  clearTimeout(live.timer);
  if (!live.ended) live.timer = setTimeout(() => ask(live), wait);
}

async function ask(live) {
  if (document.hidden || live.asking) return; // the page showing again asks at once
  live.asking = true;
  try {
    const headers = { "X-Requested-With": "live", ...(live.etag && { "If-None-Match": live.etag }) };
    const answer = await fetch(live.url, { headers, cache: "no-store", credentials: "same-origin" });
    await read(live, answer);
  } catch {
    live.wait = Math.min(live.wait * 2, SLOWEST); // the network is away: ask less often
  }
  live.asking = false;
  soon(live, live.wait);
}

async function read(live, answer) {
  if (answer.redirected || [401, 403, 404, 410].includes(answer.status)) {
    live.ended = true; // signed out, or no longer ours to see: what is shown stays
    return;
  }
  if (answer.status === 304) {
    live.wait = PACE;
    return;
  }
  if (!answer.ok) throw new Error(String(answer.status));
  live.wait = PACE;
  live.etag = answer.headers.get("ETag") || "";
  live.waiting = await answer.text();
  take(live);
}

function take(live) {
  if (live.waiting === null || isBusy(live.element)) return; // taken when focus or selection has gone
  const focused = live.element.contains(document.activeElement) ? key(document.activeElement) : "";
  const said = spoken(live.element);
  live.element.innerHTML = live.waiting;
  live.waiting = null;
  if (focused) live.element.querySelector(focused)?.focus({ preventScroll: true });
  const words = spoken(live.element);
  if (words && words !== said) say(words);
  if (isDone(live.element)) live.ended = true;
}

function isDone(element) {
  return element.hasAttribute("data-live-done") || element.querySelector("[data-live-done]") !== null;
}

// Busy: something inside has the focus and could not be found again afterwards, or text inside is selected.
function isBusy(element) {
  const selection = document.getSelection();
  if (selection && !selection.isCollapsed && element.contains(selection.anchorNode)) return true;
  return element.contains(document.activeElement) && !key(document.activeElement);
}

function key(element) {
  if (element.id) return `#${CSS.escape(element.id)}`;
  const href = element.getAttribute("href");
  return href ? `${element.localName}[href="${CSS.escape(href)}"]` : "";
}

function spoken(element) {
  return element.querySelector("[data-live-say]")?.textContent.trim().replace(/\s+/g, " ") || "";
}

function say(words) {
  let region = document.getElementById("one-live-say");
  if (!region) {
    region = document.createElement("div");
    region.id = "one-live-say";
    region.className = "govuk-visually-hidden";
    region.setAttribute("aria-live", "polite");
    document.body.append(region);
  }
  setTimeout(() => { region.textContent = words; }, 100); // a region made this moment is not read by all readers
}

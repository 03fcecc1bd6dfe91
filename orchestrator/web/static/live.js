// Keeps the page of a session current. The server renders the parts; this puts in those that differ, so that focus,
// open questions and what is being read stay where they are. Changes are said once, politely, to screen readers.
"use strict";

const live = document.getElementById("live");
const lost = document.getElementById("lost");
const told = document.getElementById("told");
const refused = document.getElementById("refused");
const ahead = Date.parse(live.dataset.now) - Date.now(); // the server's clock counts, not this machine's
const known = new Map(); // id of a part → what it says, without what ticks
const said = new Map(); // id of a part → what was told of it

const now = () => Date.now() + ahead;

function essence(part) {
  const copy = part.cloneNode(true);
  for (const ticking of copy.querySelectorAll("[data-until], [data-clock]")) ticking.replaceWith(ticking.dataset.until || "");
  return copy.outerHTML;
}

function learn(part) {
  known.set(part.id, essence(part));
  said.set(part.id, part.dataset.say || "");
}

function put(fresh) {
  const old = document.getElementById(fresh.id);
  if (!old || known.get(fresh.id) === essence(fresh)) return "";
  const open = [...old.querySelectorAll("details[open]")].map((details) => details.id);
  const typed = new Map([...old.querySelectorAll("details[open] :is(input, select)[id]")].map((field) => [field.id, field]));
  const focused = old.contains(document.activeElement) ? document.activeElement.id : "";
  const scrolled = old.querySelector(".log")?.scrollTop || 0;
  old.replaceWith(fresh);
  for (const id of open) fresh.querySelector(`#${CSS.escape(id)}`)?.setAttribute("open", "");
  for (const field of fresh.querySelectorAll(":is(input, select)[id]")) {
    const before = typed.get(field.id);
    if (before) [field.value, field.checked] = [before.value, before.checked];
  }
  if (focused) {
    const again = document.getElementById(focused) || fresh.querySelector("button") || fresh;
    if (again === fresh) fresh.tabIndex = -1;
    again.focus({ preventScroll: true });
  }
  if (scrolled) fresh.querySelector(".log").scrollTop = scrolled;
  const news = fresh.dataset.say || "";
  const isNew = news && news !== said.get(fresh.id);
  learn(fresh);
  return isNew ? news : "";
}

function show(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  const news = [...template.content.querySelectorAll("[data-part]")].map(put).filter(Boolean);
  if (news.length) told.textContent = news.join(". ");
  tick();
}

function tick() {
  for (const element of live.querySelectorAll("[data-until]")) {
    const left = Math.max(0, Math.round((Date.parse(element.dataset.until) - now()) / 1000));
    element.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
  }
  for (const clock of live.querySelectorAll("[data-clock]")) {
    clock.textContent = new Intl.DateTimeFormat("ca", { timeZone: clock.dataset.clock, timeStyle: "medium", hour12: false }).format(now());
  }
}

function follow() {
  const feed = new EventSource(live.dataset.feed);
  feed.addEventListener("open", () => { lost.hidden = true; });
  feed.addEventListener("live", (event) => show(event.data));
  feed.addEventListener("error", () => {
    if (lost.hidden) {
      const time = new Intl.DateTimeFormat("ca", { timeStyle: "medium", hour12: false }).format(Date.now());
      lost.textContent = lost.dataset.text.replace("{time}", time);
      lost.hidden = false;
    }
    // The browser tries again by itself, unless it was told not to: then the page says why.
    if (feed.readyState === EventSource.CLOSED) setTimeout(() => location.reload(), 5000);
  });
}

async function send(form) {
  const buttons = form.querySelectorAll("button");
  refused.hidden = true;
  for (const button of buttons) button.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(form.action, {
      method: "POST",
      body: new URLSearchParams(new FormData(form)),
      headers: { Accept: "application/json" },
    });
    if (answer.ok) form.closest("details")?.removeAttribute("open");
    else throw new Error((await answer.json()).detail);
  } catch (error) {
    refused.textContent = error.message;
    refused.hidden = false;
  } finally {
    for (const button of buttons) button.removeAttribute("aria-busy");
  }
}

document.addEventListener("submit", (event) => {
  if (!live.contains(event.target)) return;
  event.preventDefault();
  if (!event.target.querySelector("[aria-busy]")) send(event.target);
});

live.querySelectorAll("[data-part]").forEach(learn);
setInterval(tick, 1000);
tick();
follow();

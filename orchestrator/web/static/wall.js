// Keeps the wall current. The server sends the tiles that changed and the order of all; this puts them in, moves what
// must move, and leaves the focus where it was. The sums are said once, politely, to screen readers.
"use strict";

const wall = document.getElementById("content");
const list = document.getElementById("tiles");
const lost = document.getElementById("lost");
const told = document.getElementById("told");
const ahead = Date.parse(wall.dataset.now) - Date.now(); // the server's clock counts, not this machine's

function put(fresh) {
  const old = document.getElementById(fresh.id);
  if (!old) list.append(fresh);
  else if (old.outerHTML !== fresh.outerHTML) {
    const held = old.contains(document.activeElement);
    old.replaceWith(fresh);
    if (held) fresh.querySelector("a")?.focus({ preventScroll: true });
  }
}

function arrange(ids) {
  const held = list.contains(document.activeElement) ? document.activeElement : null;
  const wanted = new Set(ids);
  for (const tile of [...list.children]) if (!wanted.has(tile.id)) tile.remove();
  let place = list.firstElementChild;
  for (const id of ids) {
    const tile = document.getElementById(id);
    if (tile === place) place = place.nextElementSibling;
    else list.insertBefore(tile, place);
  }
  if (held && document.activeElement !== held) held.focus({ preventScroll: true });
}

function show(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  const head = template.content.getElementById("head");
  if (head) {
    const before = document.getElementById("head").dataset.say;
    if (head.dataset.say !== before) told.textContent = head.dataset.say;
    put(head);
  }
  for (const tile of template.content.querySelectorAll("li.tile")) put(tile);
  arrange(template.content.querySelector("ol[data-order]").dataset.order.split(" ").filter(Boolean));
}

function tick() {
  const clock = document.querySelector("[data-clock]");
  clock.textContent = new Intl.DateTimeFormat("ca", { timeZone: clock.dataset.clock, timeStyle: "medium", hour12: false }).format(Date.now() + ahead);
}

const feed = new EventSource(wall.dataset.feed);
feed.addEventListener("open", () => { lost.hidden = true; });
feed.addEventListener("wall", (event) => show(event.data));
feed.addEventListener("error", () => {
  if (lost.hidden) {
    const time = new Intl.DateTimeFormat("ca", { timeStyle: "medium", hour12: false }).format(Date.now());
    lost.textContent = lost.dataset.text.replace("{time}", time);
    lost.hidden = false;
  }
  if (feed.readyState === EventSource.CLOSED) setTimeout(() => location.reload(), 5000);
});
setInterval(tick, 1000);

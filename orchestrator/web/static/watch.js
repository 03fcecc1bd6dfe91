// Follows what is on the air. A player is replaced only when the session has gone to another channel; then it goes on by
// itself. What changes is said once, politely, to screen readers.
"use strict";

const now = document.getElementById("now");
const told = document.getElementById("told");
const PAUSE = 10_000;
const RESTING = 60_000; // nobody looks at the page
let tag = "";
let next = 0;

function ids(root) {
  return [...root.querySelectorAll("[data-part]")].map((part) => part.id).join(" ");
}

function put(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  const fresh = template.content;
  if (ids(fresh) !== ids(now)) {
    now.replaceChildren(fresh);
    told.textContent = now.querySelector("[data-say]")?.dataset.say || now.textContent.trim().replace(/\s+/g, " ");
    return;
  }
  for (const part of [...fresh.querySelectorAll("[data-part]")]) {
    const old = document.getElementById(part.id);
    if (old.dataset.part === part.dataset.part) continue;
    const frame = part.querySelector("iframe");
    if (frame) frame.src += "&autoplay=1";
    old.replaceWith(part);
    if (part.dataset.say) told.textContent = part.dataset.say;
  }
}

async function look() {
  try {
    const answer = await fetch(now.dataset.from, { headers: tag ? { "If-None-Match": tag } : {}, cache: "no-cache" });
    if (answer.status === 200) {
      tag = answer.headers.get("ETag") || "";
      put(await answer.text());
    }
  } catch {
    // the next look will tell
  }
  clearTimeout(next);
  next = setTimeout(look, document.hidden ? RESTING : PAUSE);
}

document.addEventListener("visibilitychange", () => { if (!document.hidden) look(); });
next = setTimeout(look, PAUSE);

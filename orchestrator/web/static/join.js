// The page of a personal link. The link carries its token in the fragment, which browsers send to nobody: it is taken
// out of the address and of the history at once, and goes to the server in the body of a POST.
"use strict";

const busy = document.getElementById("busy");
const token = location.hash.slice(1);
if (token) {
  history.replaceState(null, "", location.pathname);
  const form = document.getElementById("redeem");
  form.elements.token.value = token;
  busy.textContent = busy.dataset.busy;
  form.submit();
}

// What Jitsi needs of a browser. Nothing of it is sent anywhere.
const able = {
  secure: () => window.isSecureContext,
  calls: () => typeof RTCPeerConnection === "function" && typeof WebSocket === "function",
  media: () => typeof navigator.mediaDevices?.getUserMedia === "function",
  own: () => !/FBAN|FBAV|Instagram|WhatsApp|Line\/|; wv\)/.test(navigator.userAgent),
};

const checks = document.getElementById("checks");
if (checks) {
  for (const line of checks.children) {
    const tag = line.querySelector(".tag");
    const isGood = able[line.dataset.check]();
    tag.className = `tag ${isGood ? "ok" : "warn"}`;
    tag.textContent = `${isGood ? "✓" : "⚠"} ${isGood ? tag.dataset.yes : tag.dataset.no}`;
    line.querySelector("i").hidden = isGood;
  }
  checks.hidden = false;
}

// The button fetches the way in, so that the room's token is on no page of ours and in no redirect.
async function enter(event) {
  event.preventDefault();
  const form = event.target;
  const button = form.querySelector("button");
  const refused = document.getElementById("refused");
  const again = document.getElementById("again");
  if (button.hasAttribute("aria-busy")) return;
  button.setAttribute("aria-busy", "true");
  refused.hidden = true;
  busy.textContent = busy.dataset.entering;
  try {
    const answer = await fetch(form.action, {
      method: "POST",
      body: new URLSearchParams(new FormData(form)),
      headers: { Accept: "application/json" },
    });
    const said = await answer.json();
    if (answer.ok) return location.assign(said.link);
    busy.textContent = "";
    if (said.type?.endsWith(":link_in_use")) {
      again.hidden = false;
      document.getElementById("room").hidden = true;
      again.querySelector("button").focus();
    } else {
      refused.textContent = said.detail;
      refused.hidden = false;
    }
  } catch (error) {
    busy.textContent = "";
    refused.textContent = error.message;
    refused.hidden = false;
  }
  button.removeAttribute("aria-busy");
}
for (const id of ["room", "again"]) document.getElementById(id)?.addEventListener("submit", enter);

// When the room opens the page says so by itself. Timers are not exact over days: a day is the longest it waits.
const opens = Number(document.getElementById("content").dataset.opens || "NaN");
if (opens >= 0 && !token) setTimeout(() => location.reload(), Math.min(opens + 1, 86400) * 1000);

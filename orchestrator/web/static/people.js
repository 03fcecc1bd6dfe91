// Looks again while letters are on their way. Only the list changes, and never under somebody's hand.
"use strict";

async function look() {
  const list = document.getElementById("people");
  if (list.dataset.busy !== "yes") return;
  const answer = await fetch(location.pathname, { headers: { Accept: "text/html" } });
  if (answer.ok) {
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("people");
    if (fresh && !list.contains(document.activeElement)) list.replaceWith(fresh);
  }
  setTimeout(look, 2000);
}

setTimeout(look, 1000);

// Keeps the list of the hour before current: it is asked again every five seconds, and only what changed is put in.
"use strict";

async function look() {
  try {
    const answer = await fetch(location.pathname, { headers: { Accept: "text/html" } });
    if (answer.ok) {
      const list = document.getElementById("preflight");
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("preflight");
      if (fresh && fresh.innerHTML !== list.innerHTML) list.innerHTML = fresh.innerHTML;
    }
  } finally {
    setTimeout(look, 5000);
  }
}

setTimeout(look, 5000);

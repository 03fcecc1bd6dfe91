// Looks at the call while it is written: what was read of the agenda, what clashes. The form works without it.
"use strict";

const form = document.getElementById("convene"); // not there until a body is chosen
const found = document.getElementById("found");
let waiting = 0;
let asked = 0;

async function look() {
  const number = ++asked;
  const answer = await fetch(document.getElementById("checks").dataset.url, {
    method: "POST",
    body: new URLSearchParams(new FormData(form)),
    headers: { Accept: "text/html" },
  });
  if (answer.ok && number === asked) found.innerHTML = await answer.text();
}

if (form) {
  form.addEventListener("input", (event) => {
    if (event.target.name === "confirmed") return;
    clearTimeout(waiting);
    waiting = setTimeout(look, 350);
  });
  if (form.elements.agenda.value) look();
}

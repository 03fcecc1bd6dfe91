// A personal link carries its token in the fragment, which browsers send to nobody. It is taken out of the address
// and of the history at once, and goes to the server in the body of a POST.
"use strict";

const fragment = new URLSearchParams(location.hash.slice(1));
const token = fragment.get("token");
if (token) {
  history.replaceState(null, "", location.pathname + location.search);
  const form = document.getElementById("enter");
  const busy = document.getElementById("busy");
  form.elements.token.value = token;
  if (fragment.get("next")) form.elements.next.value = fragment.get("next");
  busy.textContent = busy.dataset.busy;
  form.submit();
}

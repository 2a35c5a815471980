// Sends what the visitor picked on the demo's page through the real chat, as if it had been typed.
// It does nothing that a customer's keyboard could not do.

let chat = null;
let waiting = null;

addEventListener("message", (event) => {
  if (event.origin !== location.origin) return;
  const { ask, frontdesk } = Object(event.data);
  if (frontdesk === "ready") chat = event.source;
  if (frontdesk === "ready" && waiting !== null) put(waiting);
  if (typeof ask === "string" && event.source === parent) begin(ask);
});

function begin(words) {
  waiting = words;
  window.frontdesk?.open();
  if (chat) put(words);
}

function put(words, tries = 40) {
  const box = chat.document.querySelector("textarea");
  if (!box) {
    if (tries) setTimeout(put, 50, words, tries - 1);
    return;
  }
  waiting = null;
  const begun = box.value;
  fill(box, words);
  box.form.requestSubmit();
  if (begun) fill(box, begun);
}

function fill(box, words) {
  box.value = words;
  box.dispatchEvent(new chat.Event("input", { bubbles: true }));
}

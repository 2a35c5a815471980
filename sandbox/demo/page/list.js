// Keep a list of messages on the screen equal to a list of values, touching only what changed,
// so that focus, selection and scroll position survive.

const NEAR = 80; // pixels from the end that still count as reading along

export class List {
  // The newest value stands last, or first when `grows` is false.
  constructor(node, key, render, grows = true) {
    this.node = node;
    this.key = key;
    this.render = render;
    this.shown = new Map();
    this.grows = grows;
    this.along = true;
    if (grows) this.#follow(node);
  }

  #follow(node) {
    let last = 0;
    node.addEventListener("scroll", () => {
      // Only the reader scrolls back; what grows below, like a picture that has come, does not.
      if (node.scrollHeight - node.scrollTop - node.clientHeight < NEAR) this.along = true;
      else if (node.scrollTop < last) this.along = false;
      last = node.scrollTop;
    });
    // A picture has no height until it is there.
    node.addEventListener("load", () => this.#keepUp(), true);
    new ResizeObserver(() => this.#keepUp()).observe(node);
  }

  show(values) {
    const node = this.node;
    const before = this.shown;
    this.shown = new Map();
    let place = node.firstElementChild;
    for (const value of values) {
      const key = String(this.key(value));
      const state = JSON.stringify(value);
      let entry = before.get(key);
      if (!entry || entry.state !== state) {
        const stood = entry?.node;
        entry = this.#fresh(value, state, entry);
        if (stood && stood === place) place = entry.node;
      }
      before.delete(key);
      this.shown.set(key, entry);
      if (entry.node === place) place = place.nextElementSibling;
      else node.insertBefore(entry.node, place);
    }
    for (const old of before.values()) old.node.remove();
    this.#keepUp();
  }

  // Show the end, now and with what comes next.
  toEnd() {
    this.along = true;
    this.#keepUp();
  }

  #keepUp() {
    if (this.grows && this.along) this.node.scrollTop = this.node.scrollHeight;
  }

  #fresh(value, state, old) {
    const node = this.render(value, old === undefined);
    if (old) old.node.replaceWith(node);
    else node.classList.add("is-new");
    return { node, state };
  }
}

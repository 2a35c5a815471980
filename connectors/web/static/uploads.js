// Files on their way up, one chip each: what it is, how far it has come, and a way out.

import { el, icon } from "./element.js";
import { size, t } from "./strings.js";

const MOST = 10;

export class Uploads {
  // `token` gives the visitor's token; `onChange` is called whenever readiness may have changed,
  // `complain` with a sentence for the visitor.
  constructor({ token, onChange, complain }) {
    Object.assign(this, { token, onChange, complain });
    this.maxMb = 20;
    this.files = new Set();
    this.node = el("ul", { className: "chips", hidden: true });
  }

  get ready() {
    return [...this.files].every((file) => file.done);
  }

  get any() {
    return this.files.size > 0;
  }

  add(list) {
    for (const file of list) {
      if (this.files.size >= MOST) return this.complain(t("tooMany"));
      if (file.size > this.maxMb * 1e6) this.complain(t("tooBig", { name: file.name, max: this.maxMb }));
      else this.begin(file);
    }
  }

  // The uploaded files, which now belong to a message.
  take() {
    const done = [...this.files].map((file) => file.done);
    for (const file of [...this.files]) this.drop(file);
    return done;
  }

  begin(file) {
    const bar = el("i"), name = file.name || t("file");
    const remove = el("button", { type: "button", className: "plain", ariaLabel: `${t("remove")}: ${name}` }, icon("close"));
    const picture = file.type.startsWith("image/") && file.type !== "image/svg+xml";
    const one = { address: picture ? URL.createObjectURL(file) : "" };
    one.node = el("li", { className: "chip" },
      picture ? el("img", { src: one.address, alt: "" }) : icon("file"),
      el("span", {}, el("bdi", {}, name), el("small", {}, size(file.size))), remove, bar);
    remove.addEventListener("click", () => this.drop(one));
    this.files.add(one);
    this.node.append(one.node);
    this.changed();
    this.send(one, file, name, bar);
  }

  send(one, file, name, bar) {
    const request = one.request = new XMLHttpRequest();
    request.open("POST", "/widget/files");
    request.setRequestHeader("Authorization", `Bearer ${this.token()}`);
    request.setRequestHeader("Content-Type", file.type || "application/octet-stream");
    request.setRequestHeader("X-File-Name", encodeURIComponent(name));
    request.responseType = "json";
    request.upload.onprogress = (event) => bar.style.setProperty("--part", event.loaded / (event.total || 1));
    request.onloadend = () => {
      if (request.status === 201) {
        one.done = request.response;
        one.node.classList.add("done");
        this.changed();
      } else if (this.files.has(one)) {
        const tooBig = request.status === 413;
        this.complain(t(tooBig ? "tooBig" : "uploadFailed", { name, max: this.maxMb }));
        this.drop(one);
      }
    };
    request.send(file);
  }

  drop(one) {
    if (!this.files.delete(one)) return;
    if (!one.done) one.request.abort();
    if (one.address) URL.revokeObjectURL(one.address);
    one.node.remove();
    this.changed();
  }

  changed() {
    this.node.hidden = !this.files.size;
    this.onChange();
  }
}

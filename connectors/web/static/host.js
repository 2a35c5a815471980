// The page around the chat: told what it must know, believed only where it says who it is.

const params = new URLSearchParams(location.hash.slice(1));
const embedded = window.parent !== window;
const origin = params.get("host") || "";

export const wishes = {
  language: params.get("language") || navigator.language || "en",
  title: params.get("title") || "",
  color: params.get("color") || "",
  page: params.get("page") || (embedded ? "" : location.href.split("#")[0]),
  identity: params.has("identity"),
};

export const host = {
  embedded,
  visible: !embedded,

  tell(kind, more = {}) {
    if (!embedded || !origin || origin === "null") return;
    window.parent.postMessage({ frontdesk: kind, ...more }, origin);
  },

  // `changed(focus)` is called when the page shows or hides the chat, `named(token)` when it says
  // who is there, with null for nobody it knows.
  listen(changed, named) {
    addEventListener("message", (event) => {
      if (event.source !== window.parent || event.origin !== origin) return;
      const { frontdesk: kind, token } = Object(event.data);
      if (kind === "identity") return named(typeof token === "string" ? token : null);
      if (!["shown", "focus", "hidden"].includes(kind)) return;
      this.visible = kind !== "hidden";
      changed(kind === "focus");
    });
    addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !event.isComposing) this.tell("close");
    });
    this.tell("ready");
  },
};

// Puts a chat bubble on the page that includes it, and the chat itself into an iframe of our own
// origin, loaded only when somebody wants to chat, so that the page stays as quick as it was.
(() => {
  "use strict";
  const script = document.currentScript;
  if (!script || window.frontdesk) return;
  const origin = new URL(script.src).origin;
  const settings = __CONFIG__;
  const option = (name) => script.dataset[name] || settings[name] || "";
  const language = option("language") || navigator.language || document.documentElement.lang || "en";
  const [open, close, unread, failed] = {
    de: ["Chat öffnen", "Chat schließen", "ungelesen", "Der Chat kann gerade nicht angezeigt werden."],
    es: ["Abrir el chat", "Cerrar el chat", "sin leer", "El chat no se puede mostrar en este momento."],
    fr: ["Ouvrir la discussion", "Fermer la discussion", "non lus", "La discussion ne peut pas s’afficher pour le moment."],
    ru: ["Открыть чат", "Закрыть чат", "непрочитанных", "Сейчас чат нельзя показать."],
    zh: ["打开聊天", "关闭聊天", "条未读消息", "聊天暂时无法显示。"],
  }[language.toLowerCase().slice(0, 2)] || ["Open chat", "Close chat", "unread", "The chat cannot be shown right now."];
  const words = { open, close, unread, failed };
  const left = option("position") === "left";
  const color = /^#([0-9a-f]{3}|[0-9a-f]{6})$/i.test(option("color")) ? option("color") : "#3b5bdb";
  const GRACE = 1000, PATIENCE = 20_000;
  const narrow = matchMedia("(max-width: 640px), (max-height: 480px)");

  // What this tab remembers on this page's own origin: whether the chat is open, or ever was used.
  const memory = {
    get: (key) => {
      try { return sessionStorage.getItem(`frontdesk.${key}`); } catch { return null; }
    },
    set: (key, value) => {
      try { sessionStorage.setItem(`frontdesk.${key}`, value); } catch { /* blocked: forget it */ }
    },
  };

  const style = `
    :host { all: initial; }
    .panel, .bubble { position: fixed; z-index: 2147483000; }
    .panel { bottom: 96px; width: 400px; height: min(680px, calc(100vh - 120px));
      ${left ? "left" : "right"}: 24px; border-radius: 20px; overflow: hidden; background: Canvas;
      box-shadow: 0 12px 48px rgb(15 23 42 / .22), 0 2px 8px rgb(15 23 42 / .10);
      color-scheme: light dark; transform-origin: bottom ${left ? "left" : "right"}; opacity: 0; visibility: hidden;
      transform: translateY(12px) scale(.97); transition: opacity .18s, transform .18s, visibility .18s; }
    .panel.open { opacity: 1; visibility: visible; transform: none; }
    iframe { width: 100%; height: 100%; border: 0; display: block; color-scheme: normal; }
    .panel:not(.ready) iframe { visibility: hidden; }
    .failed iframe { display: none; }
    .panel.failed { height: auto; padding: 20px 24px; box-sizing: border-box; color: CanvasText; font: 15px/1.45 system-ui, sans-serif; }
    .bubble { bottom: 24px; ${left ? "left" : "right"}: 24px; width: 56px; height: 56px; padding: 0;
      border: 0; border-radius: 50%; cursor: pointer; background: ${color}; color: ${inkOn(color)};
      box-shadow: 0 6px 20px rgb(15 23 42 / .25); transition: transform .15s, box-shadow .15s; }
    .bubble:hover { transform: scale(1.05); box-shadow: 0 8px 26px rgb(15 23 42 / .3); }
    .bubble:active { transform: scale(.96); }
    .bubble:focus-visible { outline: 3px solid ${color}; outline-offset: 3px; }
    .bubble svg { position: absolute; inset: 16px; width: 24px; height: 24px; fill: none;
      stroke: currentColor; stroke-width: 2; stroke-linecap: round; stroke-linejoin: round;
      transition: opacity .15s, transform .2s; }
    .bubble svg:last-of-type, .bubble[aria-expanded=true] svg:first-of-type { opacity: 0; transform: rotate(-45deg); }
    .bubble[aria-expanded=true] svg:last-of-type { opacity: 1; transform: none; }
    .badge { position: absolute; top: -3px; inset-inline-end: -3px; min-width: 20px; height: 20px; padding: 0 5px;
      box-sizing: border-box; border-radius: 10px; background: #e03131; color: #fff;
      font: 600 12px/20px system-ui, sans-serif; text-align: center; }
    .badge[hidden] { display: none; }
    @media (prefers-color-scheme: dark) { .panel { box-shadow: 0 12px 48px rgb(0 0 0 / .6), 0 0 0 1px rgb(255 255 255 / .08); } }
    @media (prefers-reduced-motion: reduce) { .panel, .bubble, .bubble svg { transition: none; } }
    @media (max-width: 640px), (max-height: 480px) {
      .panel:not(.failed) { inset: 0; width: auto; height: 100%; border-radius: 0; }
      .panel.open:not(.failed) + .bubble { display: none; }
      .panel.failed { inset-inline: 24px; width: auto; }
    }
    @media print { .panel, .bubble { display: none; } }`;

  function inkOn(hex) {
    const full = hex.length === 4 ? hex.replace(/[0-9a-f]/gi, "$&$&") : hex;
    const [r, g, b] = [1, 3, 5].map((i) => (parseInt(full.slice(i, i + 2), 16) / 255) ** 2.2);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.45 ? "#16181d" : "#fff";
  }

  const make = (tag, props, ...children) => {
    const node = Object.assign(document.createElement(tag), props);
    node.append(...children);
    return node;
  };
  const icon = (path) => {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("aria-hidden", "true");
    line.setAttribute("d", path);
    svg.append(line);
    return svg;
  };

  const badge = make("span", { className: "badge", hidden: true });
  const bubble = make("button", { className: "bubble", type: "button" },
    icon("M21 11.5a8.5 8.5 0 0 1-12.6 7.4L3 20.5l1.7-5A8.5 8.5 0 1 1 21 11.5z"),
    icon("M6 6l12 12M18 6 6 18"), badge);
  const panel = make("div", { className: "panel" });
  const host = make("div", { id: "frontdesk-chat" });
  const root = host.attachShadow({ mode: "open" });
  // A constructed sheet works under any content security policy of the page; a style element may not.
  try {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(style);
    root.adoptedStyleSheets = [sheet];
  } catch {
    root.append(make("style", { textContent: style }));
  }
  root.append(panel, bubble);

  let frame = null, ready = false, failure = null, isOpen = false, scroll = null;
  // Who is there: a token that the site's backend has signed, or a function that gets a new one.
  let identity = script.dataset.identity || null;

  function load() {
    if (frame) return;
    const hash = new URLSearchParams({ host: location.origin, language, color,
      title: option("title"), page: location.href.split("#")[0], ...(identity && { identity: "" }) });
    frame = make("iframe", { title: option("title") || "Chat", referrerPolicy: "origin", src: `${origin}/widget/frame#${hash}` });
    frame.addEventListener("load", (event) => setTimeout(check, GRACE, event.target));
    setTimeout(check, PATIENCE, frame);
    panel.append(frame);
  }

  // A browser says nothing of a frame that it may not show, so its silence has to do.
  function check(asked) {
    if (asked !== frame || ready || failure) return;
    failure = make("div", { textContent: words.failed });
    failure.setAttribute("role", "alert");
    panel.append(failure);
    panel.classList.add("failed");
    fit();
    console.error(`frontdesk: the chat of ${origin} did not load. Is ${location.origin} in channels.web.allowed_origins?`);
  }

  function recover() {
    failure?.remove();
    failure = null;
    panel.classList.remove("failed");
  }

  // Whatever it was, by the next time it may be over.
  function again() {
    if (!failure) return;
    recover();
    frame.remove();
    frame = null;
  }

  function arrive() {
    ready = true;
    panel.classList.add("ready");
    recover();
    fit();
  }

  function tell(message, more) {
    if (ready) frame.contentWindow.postMessage({ frontdesk: message, ...more }, origin);
  }

  function identify(who) {
    identity = who || null;
    if (ready) name();
  }

  async function name() {
    const asked = identity;
    let token = asked;
    if (typeof asked === "function") try { token = await asked(); } catch { token = null; }
    if (asked === identity) tell("identity", { token });
  }

  function show(open, byHand) {
    isOpen = open;
    if (open) again();
    if (open) load();
    panel.classList.toggle("open", open);
    panel.inert = !open;
    memory.set("open", open ? "1" : "");
    label(0);
    fit();
    tell(open ? (byHand ? "focus" : "shown") : "hidden");
    if (!open && byHand) bubble.focus();
  }

  function label(unread) {
    badge.hidden = !unread || isOpen;
    badge.textContent = unread > 99 ? "99+" : unread;
    bubble.setAttribute("aria-expanded", String(isOpen));
    bubble.setAttribute("aria-label", (isOpen ? words.close : words.open) + (unread ? ` (${unread} ${words.unread})` : ""));
  }

  // On a phone the panel covers what the on-screen keyboard leaves, and the page behind stays put.
  function fit() {
    const full = isOpen && narrow.matches && !failure, view = window.visualViewport;
    panel.style.height = full && view ? `${view.height}px` : "";
    panel.style.top = full && view ? `${view.offsetTop}px` : "";
    panel.style.bottom = full && view ? "auto" : "";
    const page = document.documentElement.style;
    if (full && scroll === null) { scroll = page.overflow; page.overflow = "hidden"; }
    if (!full && scroll !== null) { page.overflow = scroll; scroll = null; }
  }

  addEventListener("message", (event) => {
    if (!frame || event.source !== frame.contentWindow || event.origin !== origin) return;
    const { frontdesk: kind, count } = Object(event.data);
    if (kind === "ready") { arrive(); tell(isOpen ? "focus" : "hidden"); if (identity) name(); }
    if (kind === "identify") identify(typeof identity === "function" && identity);
    if (kind === "close") show(false, true);
    if (kind === "used") memory.set("used", "1");
    if (kind === "unread" && Number.isInteger(count)) label(count);
  });
  bubble.addEventListener("click", () => show(!isOpen, true));
  bubble.addEventListener("pointerenter", load, { once: true });
  addEventListener("keydown", (event) => { if (event.key === "Escape" && isOpen) show(false, true); });
  if (window.visualViewport) for (const kind of ["resize", "scroll"]) visualViewport.addEventListener(kind, fit);
  narrow.addEventListener("change", fit);

  function begin() {
    document.body.append(host);
    label(0);
    panel.inert = true;
    const remembered = memory.get("open");
    if (remembered ?? option("open")) show(!narrow.matches || remembered === "1", false);
    else if (memory.get("used")) (window.requestIdleCallback || setTimeout)(load);
  }
  if (document.body) begin(); else addEventListener("DOMContentLoaded", begin);

  window.frontdesk = { open: () => show(true, true), close: () => show(false, true), toggle: () => show(!isOpen, true), identify };
})();

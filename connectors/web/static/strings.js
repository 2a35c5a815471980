// Every word the widget itself says, in the visitor's language.

const en = {
  title: "Chat", close: "Close chat", log: "Messages", placeholder: "Write a message…",
  send: "Send", attach: "Attach a file", remove: "Remove", you: "You",
  bot: "We answer right away", waiting: "Waiting for a colleague",
  human: "You’re talking to {name}", someone: "a colleague", closed: "This conversation has ended",
  connecting: "Connecting…", lost: "Connection lost. Trying again…",
  offline: "You’re offline. Your messages are sent when you’re back.",
  sending: "Sending…", sent: "Sent", delivered: "Delivered", seen: "Seen", notSent: "Not sent", retry: "Try again",
  slow: "Too many messages. Sending again in a moment…", tooLong: "The message is too long.",
  refused: "This message could not be sent.", expired: "A file has expired. Attach it again.",
  deleted: "Message deleted", edited: "edited", typing: "{name} is typing", assistant: "The assistant",
  newMessages: "New messages", today: "Today", yesterday: "Yesterday",
  tooBig: "{name} is larger than {max} MB.", uploadFailed: "{name} could not be uploaded.",
  tooMany: "Ten files at most.", drop: "Drop files to attach them", left: "{count} left",
  over: "{count} too many", newTab: "opens in a new tab", image: "Image", audio: "Audio", file: "File",
};

const RIGHT_TO_LEFT = /^(ar|fa|he|ps|sd|ug|ur|yi)\b/i;

const OTHERS = ["de", "es", "fr", "ru", "zh"];

let words = en;
export let locale = "en";

// The words of other languages come by themselves, so that nobody loads what they do not read.
export async function speak(language) {
  const wanted = language.toLowerCase().split(/[-_]/)[0];
  const other = OTHERS.find((name) => name === wanted);
  try {
    if (other) ({ words } = await import(`./words-${other}.js`));
  } catch { /* English then */ }
  const spoken = words === en ? "en" : other;
  try {
    [locale] = Intl.getCanonicalLocales(language);
  } catch {
    locale = spoken;
  }
  document.documentElement.lang = spoken;
  document.documentElement.dir = RIGHT_TO_LEFT.test(language) ? "rtl" : "ltr";
}

export function t(key, values = {}) {
  return words[key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

export function clock(at) {
  return at.toLocaleTimeString(locale, { hour: "2-digit", minute: "2-digit" });
}

export function day(at) {
  const now = new Date(), days = Math.round((midnight(now) - midnight(at)) / 864e5);
  if (days === 0) return t("today");
  if (days === 1) return t("yesterday");
  const year = at.getFullYear() === now.getFullYear() ? undefined : "numeric";
  return at.toLocaleDateString(locale, { weekday: "short", day: "numeric", month: "long", year });
}

const midnight = (at) => new Date(at.getFullYear(), at.getMonth(), at.getDate()).getTime();

export function size(bytes) {
  if (bytes == null) return "";
  const unit = bytes < 1e3 ? "byte" : bytes < 1e6 ? "kilobyte" : "megabyte";
  const value = bytes / { byte: 1, kilobyte: 1e3, megabyte: 1e6 }[unit];
  return value.toLocaleString(locale, { style: "unit", unit, unitDisplay: unit === "byte" ? "long" : "short",
    maximumFractionDigits: value < 10 ? 1 : 0 });
}

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

const zh = {
  title: "聊天", close: "关闭聊天", log: "消息", placeholder: "输入消息…",
  send: "发送", attach: "添加文件", remove: "移除", you: "您",
  bot: "我们会立即回复", waiting: "正在等待同事",
  human: "{name} 正在为您服务", someone: "同事", closed: "本次对话已结束",
  connecting: "正在连接…", lost: "连接已断开，正在重试…",
  offline: "您已离线，恢复网络后消息会自动发送。",
  sending: "发送中…", sent: "已发送", delivered: "已送达", seen: "已读", notSent: "未发送", retry: "重试",
  slow: "消息太频繁，稍后会自动发送…", tooLong: "消息太长。",
  refused: "此消息无法发送。", expired: "文件已过期，请重新添加。",
  deleted: "消息已删除", edited: "已编辑", typing: "{name} 正在输入", assistant: "助手",
  newMessages: "新消息", today: "今天", yesterday: "昨天",
  tooBig: "{name} 超过 {max} MB。", uploadFailed: "{name} 上传失败。",
  tooMany: "最多十个文件。", drop: "松开以添加文件", left: "还可输入 {count} 字",
  over: "超出 {count} 字", newTab: "在新标签页中打开", image: "图片", audio: "音频", file: "文件",
};

const RIGHT_TO_LEFT = /^(ar|fa|he|ps|sd|ug|ur|yi)\b/i;

let words = en;
export let locale = "en";

export function speak(language) {
  words = /^zh\b/i.test(language) ? zh : en;
  try {
    [locale] = Intl.getCanonicalLocales(language);
  } catch {
    locale = words === zh ? "zh" : "en";
  }
  document.documentElement.lang = words === zh ? "zh" : "en";
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

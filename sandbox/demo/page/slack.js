// The agents' channel: its messages, one thread beside or over it, and who the visitor plays.

import { blocks } from "./blocks.js";
import { Composer } from "./composer.js";
import { clock, el, icon, iconButton, size } from "./dom.js";
import { emoji } from "./emoji.js";
import { List } from "./list.js";
import { mrkdwn, typed, unescaped } from "./mrkdwn.js";

const WORDS = [
  [";; ", "A note that stays inside the team"],
  ["!claim", "Take the case over"],
  ["!bot", "Hand it back to the bot"],
  ["!close", "Close the case"],
  ["!help", "What else works here"],
];

// How the desk begins a message that tells the whole conversation.
const TRANSCRIPT = "The conversation so far:";

export class SlackPane {
  constructor(root, live, onNews) {
    this.root = root;
    this.live = live;
    this.onNews = onNews;
    this.agent = null;
    this.open = null;
    this.known = null;
    this.scene = null;
    this.#build();
  }

  #build() {
    const hash = el("span", { class: "hash", "aria-hidden": "true" }, "#");
    this.title = el("h3", {}, hash, "support-desk");
    this.channel = el("div", { class: "s-list", role: "log", "aria-label": "Channel", tabindex: "0" });
    this.thread = el("div", { class: "s-list", role: "log", "aria-label": "Thread", tabindex: "0" });
    this.roots = new List(this.channel, (m) => m.ts, (m) => this.#message(m, true));
    this.replies = new List(this.thread, (m) => m.ts, (m) => this.#message(m, false));
    this.inChannel = new Composer("Message #support-desk", [], (words) => this.#say(words, null));
    this.inThread = new Composer("Reply to the customer…", WORDS, (words) => this.#say(words, this.open));
    this.waiting = el("button", { type: "button", class: "s-new", hidden: true, onclick: () => this.show(this.fresh) }, "new case");
    this.panel = el(
      "section",
      { class: "s-thread", "aria-label": "Thread", hidden: true },
      el(
        "header",
        {},
        iconButton("back", "Back to the channel", () => this.show(null), { class: "back" }),
        el("h3", {}, "Thread", el("small", {}, "#support-desk")),
        this.waiting,
        iconButton("close", "Close the thread", () => this.show(null), { class: "shut" }),
      ),
      this.thread,
      this.inThread.node,
    );
    this.root.replaceChildren(
      el("section", { class: "s-channel" }, el("header", {}, this.title), this.channel, this.inChannel.node),
      this.panel,
    );
  }

  update(scene) {
    if (scene === null) return this.#real();
    this.scene = scene;
    this.agent ??= scene.team[0].id;
    this.#team();
    this.#draw();
    this.#news(scene);
  }

  show(ts) {
    const opened = ts !== null && ts !== this.open;
    if (ts !== this.open) this.inThread.stopEditing();
    this.open = ts;
    this.panel.hidden = ts === null;
    this.waiting.hidden = true;
    this.root.classList.toggle("has-thread", ts !== null);
    this.#draw();
    if (opened) this.replies.toEnd();
  }

  #draw() {
    const { messages, whispers } = this.scene;
    const heard = whispers.filter((m) => m.for === this.agent).map((m) => ({ ...m, whisper: true }));
    const loose = heard.filter((m) => !m.thread).map((m) => ({ ...m, reply_count: 0 }));
    this.roots.show(ordered([...messages.map(summary), ...loose]));
    this.channel.classList.toggle("empty", messages.length === 0);
    const root = messages.find((m) => m.ts === this.open);
    if (root) {
      const near = heard.filter((m) => m.thread === this.open);
      this.replies.show([{ ...root, replies: [] }, ...ordered([...root.replies, ...near])]);
    } else if (this.open) this.show(null);
  }

  // A case that is new opens by itself when no thread is open.
  #news({ messages }) {
    const before = this.known;
    this.known = new Map(messages.map((m) => [m.ts, m.reply_count]));
    const fresh = messages.filter((m) => m.case && !before?.has(m.ts)).at(-1);
    if (fresh && this.open === null) this.show(fresh.ts);
    else if (fresh) {
      this.fresh = fresh.ts;
      this.waiting.hidden = false;
    }
    if (before && messages.some((m) => m.reply_count > (before.get(m.ts) ?? -1))) this.onNews();
  }

  #team() {
    const choose = (id) => {
      this.agent = id;
      this.inChannel.stopEditing();
      this.inThread.stopEditing();
      this.#team();
      this.#draw();
    };
    for (const composer of [this.inChannel, this.inThread]) {
      composer.showTeam(this.scene.team, this.agent, choose);
    }
  }

  #say({ edit, ...words }, thread) {
    if (edit) {
      return this.live.send({ do: "slack.edit", agent: this.agent, ts: edit, text: words.text });
    }
    (thread ? this.replies : this.roots).toEnd();
    return this.live.send({ do: "slack.say", agent: this.agent, thread, ...words });
  }

  // What needs no box; why it was refused stands over the box that is in view.
  async #do(command) {
    const refusal = await this.live.send({ ...command, agent: this.agent });
    (this.open ? this.inThread : this.inChannel).tell(refusal ?? "");
  }

  #message(m, inChannel) {
    const author = this.#author(m);
    if (m.notice) {
      return el("div", { class: "s-notice" }, mrkdwn(m.text, this.scene.people));
    }
    const internal = m.text.startsWith(";;");
    const look = `s-message${internal ? " internal" : ""}${m.whisper ? " whisper" : ""}`;
    return el(
      "article",
      { class: look },
      author.picture,
      el(
        "div",
        { class: "s-body" },
        m.whisper ? el("div", { class: "s-aside" }, "Only visible to you") : null,
        internal ? el("div", { class: "s-aside" }, "Stays inside the team") : null,
        m.broadcast ? this.#broadcast(m, inChannel) : null,
        el(
          "div",
          { class: "s-by" },
          el("strong", {}, author.name),
          m.app || author.app ? el("span", { class: "app-tag" }, "APP") : null,
          el("time", {}, clock(Number(m.ts))),
        ),
        this.#contents(m),
        m.files.map(file),
        m.reactions.length ? el("div", { class: "s-reactions" }, m.reactions.map(reaction)) : null,
        inChannel && (m.case || m.reply_count) ? this.#replies(m) : null,
      ),
      this.#tools(m, inChannel ? this.inChannel : this.inThread),
    );
  }

  #contents(m) {
    const people = this.scene.people;
    const press = (action, option) => this.#do({ do: "slack.press", ts: m.ts, action, option });
    const spoken = m.app && m.text.startsWith(TRANSCRIPT);
    if (m.blocks.length) return el("div", { class: "s-blocks" }, blocks(m.blocks, people, press, spoken));
    if (!m.text) return null;
    const edited = m.edited ? el("span", { class: "s-edited" }, " (edited)") : null;
    return el("div", { class: "s-text" }, mrkdwn(m.text, people), edited);
  }

  #author(m) {
    const person = this.scene.people[m.user] ?? { name: m.name || "App", face: "" };
    const name = m.name || person.name;
    if (person.face) {
      const picture = { class: "avatar", src: `/demo/${person.face}.png`, alt: "", width: "36", height: "36" };
      return { name, picture: el("img", picture) };
    }
    if (m.icon) {
      const sign = emoji(m.icon.replaceAll(":", ""));
      return { name, picture: el("span", { class: "avatar", "aria-hidden": "true" }, sign) };
    }
    return { name, app: person.app, picture: el("img", { class: "avatar", src: "/demo/mark.svg", alt: "" }) };
  }

  // A reply that was sent to the channel too leads to the thread it belongs to.
  #broadcast(m, inChannel) {
    if (!inChannel) return el("div", { class: "s-aside" }, "Also sent to the channel");
    const root = this.scene.messages.find((other) => other.ts === m.thread);
    if (!root) return el("div", { class: "s-aside" }, "Replied to a thread");
    const title = unescaped(root.blocks.find((block) => block.type === "header")?.text.text ?? root.text);
    const go = { type: "button", class: "s-thread-of", onclick: () => this.show(root.ts) };
    return el("div", { class: "s-aside" }, "Replied to a thread: ", el("button", go, title));
  }

  #replies(m) {
    const words = m.reply_count === 1 ? "1 reply" : `${m.reply_count} replies`;
    return el("button", { type: "button", class: "s-open", onclick: () => this.show(m.ts) }, words, el("span", {}, "View thread"));
  }

  #tools(m, composer) {
    if (m.user !== this.agent || m.app) return null;
    const change = () => composer.edit(m.ts, typed(m.text));
    const remove = () => this.#do({ do: "slack.delete", ts: m.ts });
    const bulb = () => this.#do({ do: "slack.react", ts: m.ts, emoji: "bulb" });
    const wanted = m.reactions.some((r) => r.name === "bulb");
    return el(
      "div",
      { class: "s-tools" },
      m.thread && !wanted ? iconButton("bulb", "React with 💡: make a rule of this answer", bulb) : null,
      iconButton("pen", "Edit", change),
      iconButton("bin", "Delete", remove),
    );
  }

  #real() {
    this.root.replaceChildren(
      el("div", { class: "real" }, el("h3", {}, "Slack is the real one"), el("p", {}, "Open your desk channel in Slack and answer there.")),
    );
  }
}

// What the channel shows of a thread does not change with every word in it.
function summary(m) {
  return { ...m, replies: [] };
}

function ordered(messages) {
  return messages.sort((a, b) => Number(a.ts) - Number(b.ts));
}

function file(f) {
  if (f.picture) {
    return el("a", { href: f.url, target: "_blank", class: "s-picture" }, el("img", { src: f.url, alt: f.name }));
  }
  const words = el("span", {}, el("strong", {}, f.name), el("small", {}, size(f.size)));
  return el("a", { href: f.url, class: "s-file" }, icon("file"), words);
}

function reaction(r) {
  return el("span", { class: "s-reaction", title: `:${r.name}:` }, emoji(r.name), ` ${r.count}`);
}

"use strict";
// What every page has: the time of the server, whatever the clock of this device says, and spans
// of time that go on counting by it.
const toxmon = (() => {
  const line = document.getElementById("live");
  const words = line ? JSON.parse(line.dataset.words) : null;
  let at = Date.parse(document.body.dataset.now), since = performance.now();
  const now = () => at + performance.now() - since;
  const sync = (seconds) => {
    // Told in whole seconds: only what differs by more than that is news.
    if (Math.abs(seconds * 1000 - now()) > 1500) { at = seconds * 1000; since = performance.now(); }
  };
  const fill = (text, value) => text.replace("%s", value);
  const span = (ms) => {
    const min = Math.floor(Math.abs(ms) / 60000), h = Math.floor(min / 60), d = Math.floor(h / 24);
    const and = (n, text) => (n ? " " + fill(text, n) : "");
    if (d) return fill(words.d, d) + (d < 3 ? and(h % 24, words.h) : "");
    if (h) return fill(words.h, h) + and(min % 60, words.min);
    return min ? fill(words.min, min) : words.under;
  };
  const count = () => {
    if (!words) return;
    for (const each of document.querySelectorAll("[data-ago]")) {
      const left = now() - Date.parse(each.dateTime);
      const bare = span(left);
      const text = each.dataset.ago === "span" ? bare : fill(left < 0 ? words.ahead : words.ago, bare);
      if (each.textContent !== text) each.textContent = text;
    }
    for (const each of document.querySelectorAll("[data-until]")) {
      if (now() > Date.parse(each.dataset.until)) each.remove();
    }
  };
  const clock = (at) => new Intl.DateTimeFormat("en-GB", { timeZone: line.dataset.zone, timeStyle: "medium" }).format(at);
  const made = (name, text, act) => Object.assign(document.createElement(name), { textContent: text, onclick: act, type: "button" });
  setInterval(count, 1000);
  return { line, words, now, sync, fill, span, count, clock, made };
})();

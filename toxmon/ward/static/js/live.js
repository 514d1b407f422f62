"use strict";
// Keeps what lives on a page up to date: asks for the page again and mends what differs (mend.js).
// Where it cannot, the page says so.
(() => {
  const { line, words, now, sync, fill, span, count, clock, made, mend } = toxmon;
  const all = (what, root = document) => [...root.querySelectorAll(what)], live = (root) => all("[data-live]", root);
  if (!line || !live(document).some((each) => each.id !== "watch")) return;
  const LOST = 30000, HIDDEN = 60000, MARKED = 60000;
  const root = document.documentElement, told = document.getElementById("told");
  const banner = document.getElementById("lost"), title = document.title;
  const every = Number((document.querySelector("[data-every]") || line).dataset.every || 10) * 1000;
  const note = document.createElement("p"), marks = new Map();
  note.className = "notice";
  const tick = () => performance.now();  // Even.
  let tag = "", good = now(), goodAt = tick(), shown = goodAt, wrong = "", lost = false, ended = false;
  let asking = false, timer = 0, goneAt = 0, apply = false;
  const loud = () => new Map(all("[data-loud]").map((each) => [each.dataset.key, each.dataset.loud]));
  const merge = (fresh) => {
    const news = live(fresh);
    if (!news.length) throw new Error("not this page");
    for (const cell of marks.keys()) mend.unmark(cell);
    const before = new Map(all("[data-cell]").map((cell) => [cell, mend.said(cell)]));
    const heard = loud(), rows = new Set(all("[data-rows] > *"));
    mend.begin();
    const plain = (spots) => spots.filter((each) => !each.id);
    live(document).forEach((spot) => {
      const twin = spot.id ? fresh.getElementById(spot.id) : plain(news)[plain(live(document)).indexOf(spot)];
      if (twin) mend.part(spot, twin, apply);
    });
    apply = false;
    if (mend.gone.length && !goneAt) goneAt = tick();
    for (const cell of all("[data-cell]")) {
      if (before.has(cell) && before.get(cell) !== mend.said(cell)) marks.set(cell, [tick() + MARKED, words.changed]);
    }
    for (const row of all("[data-rows] > *")) if (!rows.has(row)) marks.set(row, [tick() + MARKED, words.new]);
    for (const [cell, [, text]] of marks) if (cell.isConnected) mend.mark(cell, text); else marks.delete(cell);
    const calls = [...loud()].filter(([key]) => !heard.has(key)).map(([, text]) => text);
    if (calls.length) told.textContent = calls[0] + (calls[1] ? ` (${fill(words.more, calls.length - 1)})` : "");
    count();
  };
  const turn = () => {
    root.classList.toggle("lost", lost);
    document.title = lost ? `(!) ${title}` : title;
    banner.className = lost ? "not-monitored" : "";
    banner.replaceChildren();
    const at = clock(good);
    if (lost) {
      banner.append(made("strong", words.lost), made("span", `${words.since} ${at}. ${words.old}`), made("button", words.retry, poll));
    } else told.textContent = `${words.again} ${words.live}, ${words.asof} ${at}.`;
    for (const tile of all("[data-live] .grade")) {
      if (lost) tile.dataset.asOf = `${words.as_of} ${at.slice(0, 5)}`; else delete tile.dataset.asOf;
    }
  };
  const show = () => {
    const age = tick() - goodAt, was = lost;
    lost = !ended && age > LOST && !(tick() - shown < 3000 || (document.hidden && age < HIDDEN + LOST));
    if (lost !== was) turn();
    const off = Date.now() - now();
    line.firstElementChild.textContent = `${wrong ? words.delayed : words.live} · ${words.asof} ${clock(good)} (${fill(words.ago, fill(words.s, Math.floor(age / 1000)))})`
      + (wrong ? ` ${wrong}` : "") + (Math.abs(off) > 60000 ? ` ${words.skew} ${span(off)}. ${words.server}` : "");
    line.classList.toggle("late", Boolean(wrong));
    for (const [cell, [until]] of marks) if (tick() > until) { mend.unmark(cell); marks.delete(cell); }
    if (tick() - goneAt > MARKED) { mend.gone.length = 0; goneAt = 0; }
    const text = [mend.gone.length ? `${words.left} ${mend.gone.join(", ")}.` : "", mend.held ? words.order : ""].join(" ").trim();
    if (note.dataset.text === text) return;
    note.dataset.text = text;
    note.replaceChildren(text, " ");
    if (mend.held) note.append(made("button", words.apply, () => { apply = true; poll(); }));
    if (text) line.after(note); else note.remove();
  };
  const end = () => {
    if (!ended) { ended = true; root.classList.add("ended"); line.firstElementChild.textContent = words.ended; }
    tag = "";
    document.dispatchEvent(new Event("toxmon:locked"));
  };
  async function poll() {
    if (asking) return;
    asking = true;
    clearTimeout(timer);
    const stop = new AbortController(), late = setTimeout(() => stop.abort(), 8000);
    try {
      const headers = { "X-Toxmon-Poll": "1" };
      if (tag && !mend.held) headers["If-None-Match"] = tag;
      const answer = await fetch(location.pathname + location.search, { cache: "no-store", redirect: "manual", headers, signal: stop.signal });
      if (answer.status === 401 || answer.type === "opaqueredirect") { end(); return; }
      if (answer.status === 200) {
        merge(new DOMParser().parseFromString(await answer.text(), "text/html"));
        tag = answer.headers.get("ETag") || "";
      } else if (answer.status !== 304) {
        wrong = `${words.failed} ${answer.headers.get("X-Request-Id") || answer.status}.`;
        return;
      }
      sync(Number(answer.headers.get("X-Toxmon-Now")) || now() / 1000);
      good = now(); goodAt = tick(); wrong = ""; ended = false;
      root.classList.remove("ended");
    } catch { wrong = words.contact; } finally {
      clearTimeout(late);
      asking = false;
      timer = setTimeout(poll, document.hidden ? HIDDEN : every);
      if (!ended) show();
    }
  }
  document.addEventListener("visibilitychange", () => { if (!document.hidden) { shown = tick(); poll(); } });
  new BroadcastChannel("toxmon-lock").onmessage = (said) => { if (said.data === "unlocked") poll(); };
  setInterval(() => { if (!ended) show(); }, 1000);
  timer = setTimeout(poll, every);
  show();
})();

"use strict";
// The word of a dose comes from the server alone. This script knows how much time has gone by since
// the page was drawn (by a clock that nobody sets) and asks again when a limit should be over.
(() => {
  const place = document.querySelector("[data-answer]");
  const print = document.querySelector("[data-print]");
  if (print) {
    print.hidden = false;
    print.addEventListener("click", () => window.print());
  }
  if (!place) return;
  const lost = document.querySelector("[data-lost]");
  const skew = document.querySelector("[data-skew]");
  const told = document.getElementById("told");
  const EVERY = 60000;
  const SKEW = 60000;
  let timer = 0;
  let asking = false;

  const compare = (server) => {
    if (skew) skew.hidden = Math.abs(Date.now() - server) <= SKEW;
  };

  const plan = () => {
    const section = place.querySelector("#answer");
    const next = section && section.dataset.next;
    let wait = EVERY;
    if (next) {
      // Both instants are the server's; how long until then is counted by this device.
      const left = Date.parse(next) - Date.parse(section.dataset.now);
      wait = Math.max(500, Math.min(EVERY, left + 250));
    }
    clearTimeout(timer);
    timer = setTimeout(ask, wait);
  };

  const put = (text) => {
    const fresh = new DOMParser().parseFromString(text, "text/html").getElementById("answer");
    if (!fresh) throw new Error("no answer");
    const before = place.querySelector("#answer");
    if (fresh.dataset.word !== before.dataset.word && told) told.textContent = fresh.dataset.word;
    before.replaceWith(document.adoptNode(fresh));
    compare(Date.parse(fresh.dataset.now));
  };

  async function ask() {
    if (asking || document.hidden) return plan();
    asking = true;
    try {
      const answer = await fetch(place.dataset.answer, {
        headers: { "X-Toxmon-Poll": "1" }, cache: "no-store", signal: AbortSignal.timeout(15000),
      });
      if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
      put(await answer.text());
      if (lost) lost.hidden = true;
    } catch {
      if (lost) lost.hidden = false;
    }
    asking = false;
    plan();
  }

  document.addEventListener("visibilitychange", () => { if (!document.hidden) ask(); });
  window.addEventListener("pageshow", (event) => { if (event.persisted) ask(); });
  compare(Date.parse(document.body.dataset.now));
  plan();
})();

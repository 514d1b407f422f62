"use strict";
// Locks a screen at which nobody is. An overlay hides the page and keeps what was typed in it;
// tabs of one browser know of each other. Without this script the server locks all the same.
(() => {
  const send = document.querySelector("form[data-send-on]");
  if (send) { send.requestSubmit(); return; }
  const dialog = document.getElementById("lock");
  const limit = Number(document.body.dataset.lock) * 1000;
  if (!dialog || !limit) return;
  const form = dialog.querySelector("form");
  const secret = form.elements.secret;
  const fault = document.getElementById("lock-fault");
  const tabs = new BroadcastChannel("toxmon-lock");
  let active = Date.now(), told = Date.now(), locked = false, focused = null;

  const proof = () => ({ "X-Form-Token": document.body.dataset.lockToken });
  const renew = (token) => {
    document.body.dataset.lockToken = token;
    for (const field of document.getElementsByName("form_token")) field.value = token;
  };
  const show = () => {
    if (locked) return;
    locked = true;
    focused = document.activeElement;
    document.body.classList.add("locked");
    fault.textContent = secret.value = "";
    dialog.showModal();
    secret.focus();
  };
  const hide = () => {
    if (!locked) return;
    locked = false;
    active = told = Date.now();
    document.body.classList.remove("locked");
    secret.value = "";
    dialog.close();
    if (focused && focused.isConnected) focused.focus();
  };
  const lock = () => {
    if (locked) return;
    show();
    tabs.postMessage("locked");
    fetch("/lock", { method: "POST", headers: proof() }).catch(() => {});
  };
  const touch = () => {
    if (locked) return;
    const now = Date.now();
    if (now - active >= limit) { lock(); return; }  // The device slept: nobody goes on unasked.
    active = now;
    if (now - told >= Math.min(60000, limit / 4)) {
      told = now;
      tabs.postMessage("here");
      fetch("/seen", { headers: { Accept: "text/plain" }, redirect: "manual" })
        .then((answer) => { if (answer.status === 401) show(); }).catch(() => {});
    }
  };
  for (const kind of ["pointerdown", "keydown", "wheel", "touchstart"]) {
    addEventListener(kind, touch, { passive: true, capture: true });
  }
  const look = () => { if (!locked && Date.now() - active >= limit) lock(); };
  setInterval(look, 1000);
  document.addEventListener("visibilitychange", look);
  // Another script was told by the server that the screen is locked.
  document.addEventListener("toxmon:locked", show);
  tabs.onmessage = (said) => {
    if (said.data === "here") active = Date.now();
    if (said.data === "locked") show();
    if (said.data === "unlocked") hide();
  };
  dialog.addEventListener("cancel", (event) => event.preventDefault());
  dialog.addEventListener("close", () => { if (locked) dialog.showModal(); });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    fault.textContent = "";
    try {
      const body = new URLSearchParams({ secret: secret.value });
      const answer = await fetch("/unlock", { method: "POST", headers: proof(), body });
      const said = await answer.json().catch(() => ({}));
      if (answer.ok && said.token) {
        renew(said.token);
        hide();
        tabs.postMessage("unlocked");
        return;
      }
      fault.textContent = said.words || dialog.dataset.offline;
    } catch {
      fault.textContent = dialog.dataset.offline;
    }
    secret.value = "";
    secret.focus();
  });
})();

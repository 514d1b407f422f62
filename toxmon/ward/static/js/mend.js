"use strict";
// Mends a part of a page to be as a newer one is: what differs is changed and all else stays, so
// focus, caret, scroll and open details stay too. Rows do not move under a pointer or the focus.
toxmon.mend = (() => {
  const gone = [];
  let held = false, apply = false;

  const said = (cell) => {
    let text = cell.textContent;
    for (const each of cell.querySelectorAll("[data-ago],[data-said]")) text = text.replace(each.textContent, "");
    return text.replace(/\s+/g, " ");
  };
  const leave = (node) => {  // Where the focus was is not lost with what had it.
    if (node.contains(document.activeElement)) {
      const near = node.parentElement.closest("[data-cell],[data-key],[data-live]");
      near.tabIndex = -1; near.focus({ preventScroll: true });
    }
    node.remove();
  };
  const rows = (old, next) => {
    const kept = new Map([...old.children].map((row) => [row.dataset.key, row]));
    const order = [...next.children], keys = order.map((row) => row.dataset.key);
    for (const row of order) if (kept.has(row.dataset.key)) morph(kept.get(row.dataset.key), row);
    if (keys.join() === [...kept.keys()].join()) return;
    const busy = old.contains(document.activeElement) || (matchMedia("(hover: hover)").matches && old.matches(":hover"));
    if (busy && !apply) { held = true; return; }
    for (const [key, row] of kept) if (!keys.includes(key)) {
      if (row.dataset.name) gone.push(row.dataset.name);
      leave(row);
    }
    order.forEach((row, place) => {
      const mine = kept.get(row.dataset.key) || row;
      if (old.children[place] !== mine) old.insertBefore(mine, old.children[place] || null);
    });
  };
  const morph = (old, next) => {
    for (const { name, value } of next.attributes) if (old.getAttribute(name) !== value && name !== "value") old.setAttribute(name, value);
    for (const { name } of [...old.attributes]) if (!next.hasAttribute(name) && !["open", "tabindex", "hidden"].includes(name)) old.removeAttribute(name);
    if (old.type === "hidden") old.value = next.value;
    if (old.matches("input,select,textarea")) return;  // What somebody types is theirs.
    if (old.hasAttribute("data-rows")) { rows(old, next); return; }
    let at = old.firstChild;
    for (const want of [...next.childNodes]) {
      const key = want.dataset && want.dataset.key;
      let mine = key ? [...old.children].find((each) => each.dataset.key === key) : at;
      if (mine && (mine.nodeName !== want.nodeName || (!key && mine.dataset && mine.dataset.key))) mine = null;
      if (!mine) { old.insertBefore(want, at); continue; }
      if (mine === at) at = at.nextSibling; else old.insertBefore(mine, at);
      if (mine.nodeType !== 1) { if (mine.data !== want.data) mine.data = want.data; } else morph(mine, want);
    }
    while (at) { const after = at.nextSibling; if (at.nodeType === 1) leave(at); else at.remove(); at = after; }
  };
  const mark = (cell, text) => {
    cell.dataset.changed = "";
    const word = document.createElement("span");
    word.className = "unseen"; word.dataset.said = ""; word.textContent = ` ${text} `;
    (cell.querySelector("th,td") || cell).append(word);
  };
  const unmark = (cell) => { delete cell.dataset.changed; for (const each of cell.querySelectorAll("[data-said]")) each.remove(); };
  const part = (old, next, now) => { apply = now; morph(old, next); };
  return {
    part, said, gone, mark, unmark,
    begin: () => { held = false; },
    get held() { return held; },
  };
})();

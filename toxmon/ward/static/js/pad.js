"use strict";
// The pad of a sheet: digits that move on when no longer number is possible, what was not taken,
// and a scanner that types into whatever field it meets. A keyboard never moves on by itself.
(() => {
  let form, boxes, field, burst;
  const one = (what, inside = document) => inside.querySelector(what);
  const all = (what, inside = document) => [...inside.querySelectorAll(what)];
  const told = (box) => box.dispatchEvent(new Event("input", { bubbles: true }));

  const full = (box) => {
    const v = box.value, { ends } = box.dataset;
    if (ends === "decimal") return /^\d\d\.\d$/.test(v);
    if (ends === "two") return v.length > 1;
    return v.length === box.maxLength || (v.length === box.maxLength - 1 && v[0] >= ends);
  };
  const next = () => {
    const at = boxes.indexOf(field);
    (boxes[at + 1] || one("[name=oxygen]")).focus({ preventScroll: at < boxes.length - 1 });
  };
  const skip = (box, on) => {
    const tick = one(`[name=not_taken][value=${box.name}]`);
    if (!tick) return;
    tick.checked = on;
    box.placeholder = on ? tick.dataset.said : "";
    if (on) box.value = "";
  };
  const press = ({ key, act }) => {
    if (act === "next") { next(); return; }
    if (act === "skip") {
      skip(field, true);
      told(field);
      next();
      return;
    }
    if (act === "delete") {
      skip(field, false);
      field.value = field.value.slice(0, -1).replace(/\.$/, "");
    } else {
      let v = field.value + key;
      if (field.dataset.ends === "decimal") {
        v = v.replace(/[.,]/g, "");
        if (v.length > 2) v = `${v.slice(0, 2)}.${v.slice(2, 3)}`;
      }
      field.value = v.slice(0, field.maxLength);
    }
    field.focus({ preventScroll: true });
    told(field);
    if (key && field.dataset.ends && full(field)) next();
  };

  // A scanner types faster than a hand: what it typed is taken out of the field that it fell into.
  const typed = (event) => {
    const now = event.timeStamp, at = event.target;
    if (event.key.length === 1) {
      if (!burst || now - burst.at > 35) burst = { text: "", was: at.value, target: at };
      burst.text += event.key;
      burst.at = now;
      return;
    }
    if (event.key !== "Enter" || at.matches("button, summary")) return;
    event.preventDefault();  // Enter goes on to the next field, and never saves.
    const scan = form.elements.scan;
    if (at === scan || (burst && burst.text.length > 5 && now - burst.at < 60)) {
      if (at !== scan) { burst.target.value = burst.was; scan.value = burst.text; }
      form.requestSubmit(form.elements.check);
    } else if (boxes.includes(at)) next();
    else {
      const every = all("input", form).filter((each) => each.offsetParent);
      every[every.indexOf(at) + 1]?.focus();
    }
    burst = null;
  };

  const begin = () => {
    form = one("#sheet");
    if (!form) return;
    form.classList.add("padded");
    boxes = all("[data-ends]", form);
    field = boxes[0];
    const coarse = matchMedia("(pointer: coarse)").matches;
    for (const box of [...boxes, form.elements.flow]) {
      if (coarse) box.inputMode = "none";
      box.addEventListener("focus", () => { field = box; });
    }
    for (const tick of all("[name=not_taken]:checked")) skip(form.elements[tick.value], true);
    form.addEventListener("input", ({ target }) => { if (target.dataset.ends && target.value) skip(target, false); });
    form.addEventListener("keydown", typed);
    const keys = one(".keys");
    keys.addEventListener("pointerdown", (event) => { if (!event.target.closest(".save")) event.preventDefault(); });
    keys.addEventListener("click", (event) => { const key = event.target.closest(".key"); if (key) press(key.dataset); });
    if (!one(".summary")) boxes[0].focus({ preventScroll: true });
  };
  document.addEventListener("toxmon:sheet", begin);
  begin();
})();

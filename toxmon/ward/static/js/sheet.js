"use strict";
// The sheet of a set: what the server would say of it, and saving that loses nothing. It grades
// nothing and keeps nothing: values live in the fields alone.
(() => {
  let form, dirty = false, leaving = false, busy, timer, turn = 0;
  const one = (what, inside = document) => inside.querySelector(what);
  const all = (what, inside = document) => [...inside.querySelectorAll(what)];

  const send = (to, body, signal) => fetch(to, {
    method: "POST", body, signal,
    headers: { "X-Toxmon-Script": "1", "X-Form-Token": form.elements.form_token.value },
  });
  const has = (name) => all(`[name=${name}]`, form).some((each) => each.type === "text"
    ? each.value || one(`[name=not_taken][value=${name}]`)?.checked : each.checked);
  const preview = async () => {
    const at = one("#preview"), mine = ++turn;
    if (!at) return;
    if (!has("temperature") || !has("systolic") || !(has("same") || (has("oxygen") && has("pressors")))) {
      at.textContent = at.dataset.idle;
      return;
    }
    at.textContent = at.dataset.wait;
    try {
      const answer = await send(form.dataset.preview, new FormData(form), AbortSignal.timeout(2000));
      if (!answer.ok) throw answer;
      const text = await answer.text();
      if (mine === turn) at.innerHTML = text;
    } catch { if (mine === turn) at.textContent = form.dataset.noPreview; }
  };
  const changed = () => {
    dirty = true;
    clearTimeout(timer);
    turn++;
    if (form.dataset.preview) timer = setTimeout(preview, 400);
  };

  const save = async (event) => {
    event.preventDefault();
    if (busy) return;  // A double tap is one set.
    busy = true;
    const words = form.dataset, button = event.submitter || one(".save");
    const say = (text) => { one("#said").textContent = text; };
    const stop = (why) => {
      busy = false;
      say(why);
      if (button.matches(".save")) button.textContent = words.again;
    };
    say(words.saving);
    let answer;
    try {
      answer = await send(form.action, new FormData(form, button));
    } catch {
      stop(words.notSaved);
      return;
    }
    const go = answer.headers.get("X-Toxmon-Go");
    if (go) {
      leaving = true;
      location.assign(go);
      return;
    }
    if (answer.status === 401) {
      document.dispatchEvent(new Event("toxmon:locked"));
      stop(words.locked);
      return;
    }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (![200, 422].includes(answer.status)) {
      stop(`${words.failed} ${one("main p", page)?.textContent || answer.status}`);
      return;
    }
    document.title = page.title;
    document.body.className = page.body.className;
    one("main").replaceWith(one("main", page));
    begin();
    document.dispatchEvent(new Event("toxmon:sheet"));
    (one(".summary") || one("h1")).focus();
  };

  const chosen = (input) => {
    const { name } = input;
    const clear = (what) => all(what).forEach((each) => { each.checked = false; });
    if (name === "same" && input.checked) clear("[name=oxygen],[name=pressors],[name=pressor]");
    if (name === "oxygen" || name === "pressors") clear("[name=same]");
    if (name === "when") one("#when b").textContent = input.nextSibling.textContent;
    score();
  };
  // A sum of what was tapped, and only of all ten; what it means is the server's to say.
  const score = () => {
    const at = one("[data-score]"), said = all(".item :checked").map((each) => each.value);
    const whole = said.length === 10 && !said.includes("x");
    if (at) at.textContent = whole ? `${at.dataset.score} ${said.filter((each) => each === "1").length}` : "";
  };

  const begin = () => {
    form = one("#sheet") || one("[data-ask]");
    if (!form) return;
    busy = false;
    form.addEventListener("submit", save);
    if (!form.dataset.preview) return;
    form.addEventListener("input", changed);
    form.addEventListener("change", (event) => { chosen(event.target); changed(); });
    one("[data-rest]")?.addEventListener("click", () => {
      for (const item of all(".item")) if (!one(":checked", item)) one("[value='1']", item).checked = true;
      score();
      changed();
    });
    score();
    if (has("temperature") || has("systolic") || has("pulse")) changed();
  };
  addEventListener("beforeunload", (event) => { if (dirty && !leaving) event.preventDefault(); });
  begin();
})();

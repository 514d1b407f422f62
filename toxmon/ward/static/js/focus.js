"use strict";
// A line through all tracks at one time, and what stood there. The data is the table's: what a
// reader without script has is all there is. Each key is answered with one polite sentence.
(() => {
  const table = document.querySelector("table.course");
  const panel = document.getElementById("focus");
  const holder = document.getElementById("drawings");
  if (!table || !panel || !holder) return;
  const heads = [...table.tHead.rows[0].cells].slice(1);
  if (!heads.length) return;
  const words = JSON.parse(panel.dataset.words);
  const minutes = heads.map((head) => +head.dataset.m);
  let dated = "";
  const names = heads.map((head) => {
    const parts = head.innerText.trim().split("\n");
    if (parts.length > 1) dated = parts.shift();
    return `${dated} ${parts[0]}`.trim();
  });
  const rows = [...table.tBodies[0].rows].map((row) => {
    const own = row.cells[0].cloneNode(true), small = own.querySelector("small");
    const unit = small ? small.textContent : "";
    if (small) small.remove();
    const values = [...row.cells].slice(1).map((cell) => {
      const kept = cell.cloneNode(true);
      kept.querySelectorAll("s, .unseen").forEach((each) => each.remove());
      return kept.textContent.replace(/^[;\s]+|[;\s]+$/g, "");
    });
    return { name: own.textContent.trim(), unit, values, ...row.dataset };
  });
  const length = +holder.dataset.seconds / 60;
  const at = document.getElementById("focus-at"), list = document.getElementById("focus-values");
  const said = document.getElementById("focus-said");
  const NS = "http://www.w3.org/2000/svg";
  const lines = [...holder.querySelectorAll("svg.tx")].map((svg) => {
    const line = document.createElementNS(NS, "path");
    line.setAttribute("class", "focus-line");
    svg.append(line);
    return { svg, line, left: +svg.dataset.left, right: +svg.dataset.right, high: svg.viewBox.baseVal.height };
  });

  const found = (row, place) => {
    if (row.sort === "grade") return row.values[place] ? `${words.grade} ${row.values[place]}` : words.ungraded;
    if (row.sort === "dose") return row.values[place];
    let best = -1;
    const near = +row.near, here = minutes[place];
    for (const step of [-1, 1]) {
      for (let k = place; k >= 0 && k < minutes.length && Math.abs(minutes[k] - here) <= near; k += step) {
        if (!row.values[k]) continue;
        if (best < 0 || Math.abs(minutes[k] - here) < Math.abs(minutes[best] - here)) best = k;
        break;
      }
    }
    if (best < 0) return words.none;
    const other = best === place ? "" : ` (${names[best].split(" ").pop()})`;
    return `${row.values[best]} ${row.unit}${other}`;
  };

  let place = minutes.length - 1;
  const show = (next, aloud) => {
    place = Math.max(0, Math.min(minutes.length - 1, next));
    const told = rows.map((row) => [row.name, found(row, place)]).filter((pair) => pair[1]);
    at.textContent = names[place];
    list.replaceChildren(...told.map(([name, value]) => {
      const pair = document.createElement("div");
      const dt = document.createElement("dt"), dd = document.createElement("dd");
      dt.textContent = name;
      dd.textContent = value;
      if (value === words.none) dd.className = "absent";
      pair.append(dt, dd);
      return pair;
    }));
    for (const one of lines) {
      const x = one.left + (minutes[place] / length) * (one.right - one.left);
      one.line.setAttribute("d", `M${x.toFixed(1)} 34V${one.high - 34}`);
    }
    if (aloud) said.textContent = `${names[place]}. ${told.map((pair) => pair.join(" ")).join(", ")}`;
  };

  const nearest = (minute) => {
    let low = 0, high = minutes.length - 1;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (minutes[middle] <= minute) low = middle; else high = middle;
    }
    return minute - minutes[low] <= minutes[high] - minute ? low : high;
  };
  let asked = 0;
  for (const one of lines) {
    one.svg.addEventListener("pointermove", (event) => {
      if (asked) return;
      asked = requestAnimationFrame(() => {
        asked = 0;
        const box = one.svg.getBoundingClientRect();
        const x = ((event.clientX - box.left) / box.width) * one.svg.viewBox.baseVal.width;
        show(nearest(((x - one.left) / (one.right - one.left)) * length), false);
      });
    });
  }
  panel.addEventListener("click", (event) => {
    const button = event.target.closest("[data-step]");
    if (button) show(place + +button.dataset.step, true);
  });
  const KEYS = { ArrowLeft: -1, ArrowRight: 1, PageUp: -6, PageDown: 6, Home: -1e9, End: 1e9 };
  for (const area of [panel, holder]) {
    area.addEventListener("keydown", (event) => {
      const step = KEYS[event.key];
      if (!step || event.altKey || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      show(place + step, true);
    });
  }
  panel.hidden = false;
  show(place, false);
})();

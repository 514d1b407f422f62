"use strict";
// A board on a wall that does not fit shows itself page by page, until somebody pauses it.
(() => {
  const board = document.getElementById("board"), paging = document.getElementById("paging");
  const [count, pause] = [paging.querySelector("span"), paging.querySelector("input")];
  const size = Number(board.dataset.wall), EVERY = 15000;
  let page = 0;
  const show = () => {
    const rows = [...board.querySelectorAll("[data-rows] > tr")];
    const pages = Math.max(1, Math.ceil(rows.length / size));
    page %= pages;
    rows.forEach((row, place) => { row.hidden = Math.floor(place / size) !== page; });
    paging.hidden = pages < 2;
    count.textContent = paging.dataset.of.replace("%n", page + 1).replace("%a", pages);
  };
  setInterval(() => { if (!pause.checked) page += 1; show(); }, EVERY);
  new MutationObserver(show).observe(board, { childList: true, subtree: true });
  show();
})();

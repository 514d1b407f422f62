"use strict";
// A button to copy what stands in a <pre data-copy>; without it the text can be marked and copied.
(() => {
  if (!navigator.clipboard) return;
  for (const text of document.querySelectorAll("pre[data-copy]")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "second";
    button.textContent = text.dataset.copy;
    button.onclick = async () => {
      await navigator.clipboard.writeText(text.textContent);
      button.textContent = text.dataset.copied;
    };
    text.before(button);
  }
})();

"use strict";
// A button that opens the print dialog; it is there only with script, which it needs.
for (const button of document.querySelectorAll("[data-print]")) {
  button.addEventListener("click", () => window.print());
}

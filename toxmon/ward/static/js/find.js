"use strict";
// What was not found stays in the field, selected: the next scan replaces it.
(() => {
  const field = document.getElementById("q");
  field.focus();
  field.select();
})();

/* The order of tracks: after a row was dragged, or moved with Alt and an arrow key, each disc is numbered from 1. A
   playlist has no discs. */
"use strict";

(() => {
  const FIELD = "number";

  function inputOf(row, name) {
    return row.querySelector(`input[name$="-${name}"]`);
  }

  function rowsOf(table) {
    return [...table.querySelectorAll("tbody.form-group:not(.empty-form)")].filter((row) => inputOf(row, FIELD));
  }

  function renumber(table) {
    const next = {};
    for (const row of rowsOf(table)) {
      const disc = inputOf(row, "disc")?.value || "1";
      next[disc] = (next[disc] || 0) + 1;
      inputOf(row, FIELD).value = String(next[disc]);
    }
  }

  function move(row, step) {
    const rows = rowsOf(row.parentElement);
    const other = rows[rows.indexOf(row) + step];
    if (!other) return;
    if (step < 0) other.before(row);
    else other.after(row);
    renumber(row.parentElement);
  }

  function start() {
    for (const table of document.querySelectorAll(`table[data-ordering-field="${FIELD}"]`)) {
      // The theme numbers all rows from 0 right after this event.
      table.addEventListener("end", () => setTimeout(() => renumber(table)));
      table.addEventListener("keydown", (event) => {
        const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
        if (!event.altKey || !step || !event.target.name?.endsWith(`-${FIELD}`)) return;
        event.preventDefault();
        move(event.target.closest("tbody"), step);
        event.target.focus();
      });
    }
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();

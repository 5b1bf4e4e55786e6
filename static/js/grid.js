/* The table for many entries: cells pasted from a spreadsheet spread over rows and columns, and arrow keys move between rows.

   table[data-grid]   its rows of inputs; data-most: how many rows fit. Without this script the page's text field takes pasted rows. */
(() => {
  "use strict";
  const table = document.querySelector("table[data-grid]");
  if (!table) return;
  const most = Number(table.dataset.most), body = table.tBodies[0];
  const rows = () => [...body.rows].filter(row => row.querySelector("input"));
  const heads = [...table.tHead.rows[0].cells].filter(cell => cell.dataset.column);
  const names = new Map(heads.flatMap((cell, place) => [[cell.dataset.column, place], [cell.textContent.trim().toLowerCase(), place]]));

  function lengthen(number) {
    const have = rows(), pattern = have[have.length - 1];
    for (let at = have.length; at < Math.min(number, most); at += 1) {
      const row = pattern.cloneNode(true);
      row.className = "";
      row.querySelector("[data-number]").textContent = at + 1;
      for (const input of row.querySelectorAll("input")) {
        input.value = "";
        input.setAttribute("aria-label", input.getAttribute("aria-label").replace(/\d+$/, at + 1));
        input.removeAttribute("aria-invalid");
        input.removeAttribute("title");
      }
      body.append(row);
    }
  }

  /* Quotes hold tabs and line ends, as spreadsheets write them. */
  function cellsOf(text) {
    const found = [[]];
    let cell = "", quoted = false;
    for (let at = 0; at < text.length; at += 1) {
      const sign = text[at];
      if (quoted) {
        if (sign !== '"') cell += sign;
        else if (text[at + 1] === '"') { cell += '"'; at += 1; }
        else quoted = false;
      } else if (sign === '"' && cell === "") quoted = true;
      else if (sign === "\t") { found.at(-1).push(cell); cell = ""; }
      else if (sign === "\n") { found.at(-1).push(cell); cell = ""; found.push([]); }
      else if (sign !== "\r") cell += sign;
    }
    found.at(-1).push(cell);
    return found.filter(row => row.some(one => one.trim() !== ""));
  }

  table.addEventListener("paste", e => {
    const text = e.clipboardData?.getData("text/plain") || "";
    const input = e.target.closest("input");
    if (!input || !/[\t\n]/.test(text.trim())) return;
    e.preventDefault();
    let pasted = cellsOf(text);
    const first = rows().indexOf(input.closest("tr")), column = [...input.closest("tr").querySelectorAll("input")].indexOf(input);
    const named = pasted[0].map(cell => names.get(cell.trim().toLowerCase()));
    const headed = named.filter(place => place !== undefined).length >= 2;
    if (headed) pasted = pasted.slice(1);
    lengthen(first + pasted.length);
    const have = rows();
    pasted.forEach((cells, at) => {
      const inputs = have[first + at]?.querySelectorAll("input");
      if (!inputs) return;
      cells.forEach((cell, place) => {
        const target = headed ? named[place] : column + place;
        if (target !== undefined && inputs[target]) inputs[target].value = cell.trim();
      });
    });
    const left = first + pasted.length - most;
    window.ui.toast(left > 0 ? `${most - first} rows pasted; ${left} do not fit. Import them as a file.` : `${pasted.length} rows pasted`);
  });

  table.addEventListener("keydown", e => {
    const input = e.target.closest("input");
    if (!input || !["ArrowDown", "ArrowUp", "Enter"].includes(e.key) || (input.list && e.key !== "Enter")) return;
    e.preventDefault(); /* Enter goes on to the next row; what is recorded is recorded by its button */
    const here = rows().indexOf(input.closest("tr")), column = [...input.closest("tr").querySelectorAll("input")].indexOf(input);
    if (e.key !== "ArrowUp") lengthen(here + 2);
    rows()[here + (e.key === "ArrowUp" ? -1 : 1)]?.querySelectorAll("input")[column]?.focus();
  });
})();

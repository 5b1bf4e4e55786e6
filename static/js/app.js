/* Behaviour shared by every page. No framework: event delegation, native dialog, data-* hooks. Every page works without it.

   data-toggle="theme | privacy"   switches at once, and tells the server through the form it stands in
   data-open="id"                  opens a dialog; data-close closes the one it stands in
   data-why, data-drawer           a link whose page opens in the drawer
   data-toast="text"               a toast; the event "toast" {text, undo} from an answer of the server makes one too
   data-filter="table id"          filters the rows of a table; .th-sort sorts; tr[data-href] is a link as a whole
   data-reveal                     shows the password beside it; data-copy="selector" copies text; .drop takes a file
   data-focus                      takes the focus when it arrives: the list of errors of a form */
(() => {
  "use strict";
  const root = document.documentElement;
  const $ = (s, el = document) => el.querySelector(s);
  const $$ = (s, el = document) => [...el.querySelectorAll(s)];
  const emit = (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail }));
  const query = new URLSearchParams(location.search);
  const read = id => JSON.parse($("#" + id)?.textContent || "null");

  /* ── preferences: switched here at once, kept by the server ── */
  const token = () => JSON.parse(document.body.getAttribute("hx-headers") || "{}")["X-CSRFToken"] || $("[name=csrfmiddlewaretoken]")?.value || "";
  function keep(name, value) {
    const path = document.body.dataset.preferences;
    if (!path) return Promise.resolve();
    return fetch(path, { method: "POST", body: new URLSearchParams({ name, value }), headers: { "X-CSRFToken": token(), "X-Requested-With": "fetch", "HX-Request": "true" } });
  }
  const sent = root.dataset.privacy === "on"; /* the server left the amounts out of this page */
  const toggles = {
    theme() {
      const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
      root.dataset.theme = dark ? "light" : "dark";
      emit("theme-changed");
      keep("theme", root.dataset.theme);
    },
    privacy() {
      const on = root.dataset.privacy !== "on";
      root.dataset.privacy = on ? "on" : "off";
      $$('[data-toggle="privacy"]').forEach(b => b.setAttribute("aria-pressed", on));
      emit("privacy-changed");
      keep("hide_amounts", on ? "on" : "off").then(() => { if (!on && sent) location.reload(); });
    },
  };

  /* ── segments: exactly one pressed button; listeners get a seg-changed event ── */
  function press(button) {
    const seg = button.closest(".seg");
    $$("button", seg).forEach(b => b.setAttribute("aria-pressed", b === button));
    emit("seg-changed", { seg: seg.dataset.seg, value: button.dataset.value, el: seg });
  }

  /* ── tables: sorting by data-sort or text, rows without a value last ── */
  function sort(button) {
    const th = button.closest("th"), table = th.closest("table"), body = table.tBodies[0];
    const col = [...th.parentNode.children].indexOf(th);
    const dir = th.getAttribute("aria-sort") === "descending" ? "ascending" : "descending";
    $$("th[aria-sort]", table).forEach(t => t.removeAttribute("aria-sort"));
    th.setAttribute("aria-sort", dir);
    const key = tr => { const c = tr.cells[col], v = c?.dataset.sort ?? c?.textContent.trim() ?? ""; const n = Number(v); return v === "" ? null : Number.isNaN(n) ? v.toLowerCase() : n; };
    const sign = dir === "ascending" ? 1 : -1;
    const groups = [[]]; /* rows stay under their heading */
    for (const tr of [...body.rows]) tr.matches(".group-row") ? groups.push([tr]) : groups.at(-1).push(tr);
    for (const [first, ...rest] of groups.filter(g => g.length)) {
      const headed = first.matches(".group-row"), rows = headed ? rest : [first, ...rest];
      if (headed) body.append(first);
      rows.map(tr => [key(tr), tr])
        .sort(([a], [b]) => a === null ? (b === null ? 0 : 1) : b === null ? -1 : (a < b ? -1 : a > b ? 1 : 0) * sign)
        .forEach(([, tr]) => body.append(tr));
    }
  }
  function filter(input) {
    const q = input.value.trim().toLowerCase();
    const rows = $$("tbody tr", $("#" + input.dataset.filter));
    rows.forEach(tr => { tr.hidden = q !== "" && !tr.textContent.toLowerCase().includes(q); });
    const none = $(`[data-filter-none="${input.dataset.filter}"]`);
    if (none) none.hidden = rows.some(tr => !tr.hidden);
  }

  /* ── toasts: six seconds, longer while looked at ── */
  function fade(el) {
    let timer = setTimeout(() => el.remove(), 6000);
    const hold = () => clearTimeout(timer), go = () => { timer = setTimeout(() => el.remove(), 2000); };
    el.addEventListener("pointerenter", hold); el.addEventListener("pointerleave", go);
    el.addEventListener("focusin", hold); el.addEventListener("focusout", go);
  }
  function toast(text, undo) {
    const el = document.createElement("div"), words = document.createElement("span");
    el.className = "toast"; words.textContent = text; el.append(words);
    if (undo) {
      const form = document.createElement("form"), hidden = document.createElement("input"), button = document.createElement("button");
      form.method = "post"; form.action = undo; form.className = "inline";
      hidden.type = "hidden"; hidden.name = "csrfmiddlewaretoken"; hidden.value = token();
      button.type = "submit"; button.textContent = "Undo";
      form.append(hidden, button); el.append(form);
    }
    $(".toasts").append(el);
    fade(el);
  }
  $$(".toasts > .toast").forEach(fade);
  document.addEventListener("toast", e => e.detail && toast(e.detail.text ?? e.detail.value, e.detail.undo));

  /* ── dialogs ── */
  function drawer(url) {
    const box = $("#drawer");
    if (!box || !window.htmx) { location.href = url; return; }
    window.htmx.ajax("GET", url, { target: "#drawer", swap: "innerHTML" }).then(() => {
      if (!box.childElementCount) { location.href = url; return; }
      box.showModal();
    });
  }
  function palette() {
    const box = $("#palette");
    if (!box || box.open) return;
    box.showModal();
    if (box.dataset.loaded !== undefined) { $("input", box)?.select(); return; }
    window.htmx.ajax("GET", box.dataset.palette, { target: "#palette", swap: "innerHTML" }).then(() => { box.dataset.loaded = ""; pick(); $("input", box)?.focus(); });
  }
  const options = () => $$('#palette [role="option"]').filter(o => !o.hidden);
  function pick(step = 0) {
    const list = options(), now = list.findIndex(o => o.getAttribute("aria-selected") === "true");
    const next = list[step ? Math.min(Math.max(now + step, 0), list.length - 1) : 0];
    $$('#palette [role="option"]').forEach(o => o.setAttribute("aria-selected", o === next));
    next?.scrollIntoView({ block: "nearest" });
  }
  function seek(input) {
    const words = input.value.trim().toLowerCase().split(/\s+/);
    $$('#palette [role="option"]').forEach(o => { o.hidden = !words.every(w => o.textContent.toLowerCase().includes(w)); });
    choose();
  }
  function choose() {
    const none = $("#palette [data-none]");
    if (none) none.hidden = options().length > 0;
    pick();
  }

  document.addEventListener("click", e => {
    const t = e.target;
    const hit = s => t.closest(s);
    const plain = !(e.ctrlKey || e.metaKey || e.shiftKey || e.altKey || e.button);
    $$("details.menu-wrap[open]").forEach(d => { if (!d.contains(t)) d.open = false; });
    let el;
    if ((el = hit("[data-toggle]"))) { e.preventDefault(); toggles[el.dataset.toggle](); }
    else if ((el = hit(".seg > button:not([type=submit])"))) press(el);
    else if ((el = hit(".th-sort"))) sort(el);
    else if ((el = hit('[data-open="palette"]'))) { if (plain) { e.preventDefault(); palette(); } }
    else if ((el = hit("[data-open]"))) { e.preventDefault(); $("#" + el.dataset.open)?.showModal(); }
    else if ((el = hit("a[data-why], a[data-drawer]"))) { if (plain) { e.preventDefault(); drawer(el.href); } }
    else if ((el = hit("[data-close]"))) { e.preventDefault(); el.closest("dialog")?.close(); }
    else if ((el = hit("button[data-toast]"))) toast(el.dataset.toast);
    else if ((el = hit("[data-reveal]"))) { const i = $("input", el.parentNode); i.type = i.type === "password" ? "text" : "password"; el.setAttribute("aria-pressed", i.type === "text"); }
    else if ((el = hit("[data-copy]"))) navigator.clipboard?.writeText($(el.dataset.copy)?.innerText.trim() || "").then(() => toast("Copied"));
    else if ((el = hit("tr[data-href]"))) { if (plain && !hit("a, button, input, select, label, summary") && !String(getSelection())) location.href = el.dataset.href; }
    else if (t.matches("dialog") && !$("form[method=post]", t)) t.close(); /* what was typed is not lost by a click beside it */
  });

  document.addEventListener("input", e => {
    if (e.target.matches("[data-filter]")) filter(e.target);
    else if (e.target.closest("#palette")) seek(e.target);
  });

  /* ── a file dropped on the drop area ── */
  for (const kind of ["dragover", "dragleave", "drop"]) document.addEventListener(kind, e => {
    const area = e.target.closest?.(".drop"), input = area && $("input[type=file]", area);
    if (!input) return;
    e.preventDefault();
    area.toggleAttribute("data-over", kind === "dragover");
    if (kind === "drop" && e.dataTransfer.files.length) { input.files = e.dataTransfer.files; input.dispatchEvent(new Event("change", { bubbles: true })); }
  });
  document.addEventListener("change", e => {
    const name = e.target.matches(".drop input[type=file]") && $("[data-file-name]", e.target.closest(".drop"));
    if (name) name.textContent = e.target.files[0]?.name || "";
  });

  /* ── a form that is on its way cannot be sent twice ── */
  document.addEventListener("submit", e => {
    const button = e.submitter;
    if (!button?.matches(".btn")) return;
    button.setAttribute("aria-busy", "true");
    setTimeout(() => button.removeAttribute("aria-busy"), 10000);
  });
  addEventListener("pageshow", () => $$('.btn[aria-busy="true"]').forEach(b => b.removeAttribute("aria-busy")));

  /* ── keys: single ones and "g" sequences, never while typing, listed under "?" ── */
  const goto = read("shortcuts") || {};
  let before = "";
  const seg = () => $$('.seg[data-seg="range"], .seg[data-seg="hold"]').find(s => { const r = s.getBoundingClientRect(); return r.bottom > 0 && r.top < innerHeight; }) || $('.seg[data-seg="range"], .seg[data-seg="hold"]');
  function period(step, index) {
    const list = $$("button", seg() || document.createElement("p")), now = list.findIndex(b => b.getAttribute("aria-pressed") === "true");
    (step ? list[now + step] : list[index])?.click();
  }
  function walk(step) {
    const links = $$("main tbody tr:not([hidden]) th a, main tbody tr:not([hidden]) td:first-child a"), now = links.indexOf(document.activeElement);
    links[Math.min(Math.max(now + step, 0), links.length - 1)]?.focus();
  }
  function explain() {
    const from = document.activeElement?.closest("tr, dl > div, .figure, .strip > div, .card");
    ($(".why", from || document) || $("main .why"))?.click();
  }
  const keys = {
    "/": palette, "?": () => $("#keys")?.showModal(), x: toggles.privacy, t: toggles.theme, w: explain,
    j: () => walk(1), k: () => walk(-1), ",": () => period(-1), ".": () => period(1),
    "[": () => $("main a[rel=prev]")?.click(), "]": () => $("main a[rel=next]")?.click(),
  };
  document.addEventListener("keydown", e => {
    if ((e.ctrlKey || e.metaKey) && e.key.toLowerCase() === "k") { e.preventDefault(); palette(); return; }
    const open = $("#palette[open]");
    if (open && (e.key === "ArrowDown" || e.key === "ArrowUp")) { e.preventDefault(); pick(e.key === "ArrowDown" ? 1 : -1); return; }
    if (open && e.key === "Enter") { e.preventDefault(); $('#palette [aria-selected="true"]')?.click(); return; }
    if (e.key === "Escape") { const d = $("details.menu-wrap[open]"); if (d) { d.open = false; $("summary", d).focus(); } }
    if (e.ctrlKey || e.metaKey || e.altKey || document.body.dataset.shortcuts !== "on" || e.target.closest("input, select, textarea, dialog, [contenteditable]")) return;
    const path = goto[`${before} ${e.key}`.trim()];
    before = "";
    if (path) { e.preventDefault(); location.href = path; }
    else if (e.key === "g") { before = "g"; setTimeout(() => { before = ""; }, 1200); }
    else if (/^[1-7]$/.test(e.key)) period(0, Number(e.key) - 1);
    else if (keys[e.key]) { e.preventDefault(); keys[e.key](); }
  });

  /* ── after loading, and after a part was exchanged ── */
  const arrive = el => $("[data-focus]", el)?.focus();
  document.addEventListener("htmx:afterSettle", e => { arrive(e.target); if (e.target.closest("#palette-found")) choose(); });
  arrive(document);
  document.addEventListener("htmx:responseError", e => toast(e.detail.xhr.status === 404 ? "This is not there any more." : "That did not work. Try again in a moment."));
  document.addEventListener("htmx:sendError", () => toast("No connection. What is on the page stays."));

  const bar = $(".topbar");
  const stick = () => bar?.toggleAttribute("data-stuck", scrollY > 4);
  addEventListener("scroll", stick, { passive: true });
  stick();

  window.ui = { $, $$, emit, toast, query, read, token };
})();

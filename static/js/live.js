/* Live prices. One socket a page; messages carry text that the server has already formatted, so this file knows no locale.

   server → page   {type: "hello", as_of, state: "live" | "delayed" | "closed", text?}
                   {type: "tick", seq, as_of, rows: [{id, dir, price, at, pct, value, day, sign}], totals: {nav, nav0, nav_pct, day, day0, sign}}
                   {type: "stale", id, text}; {type: "alert", message, …}, shown as a toast and told to the page as "alert-fired"
                  {type: "import", id, status, rows_done, rows_total}, told to the page as "import-moved"; {type: "news", instruments}, as "news-stored"
   page → server   {type: "watch", ids: [...], p: "portfolio or empty"}, after loading and after every partial update

   Cells are found by <tr data-row="id"> and data-live="price | at | pct | value | day"; totals by data-live="nav | nav0 | nav-total | nav-pct | nav-day | nav-day0"; those with 0 are in whole units.
   `dir` says which way the price moved since the last tick (the flash); `sign` the colour of the change since the close before.
   Where there is no socket, parts with data-poll are fetched again every minute while the page is looked at. */
(() => {
  "use strict";
  const { $, $$, emit, query } = window.ui;
  const WORDS = { live: "Live", delayed: "Delayed", closed: "Closed", waiting: "Reconnecting", offline: "Offline", ended: "Ended" };
  const DOTS = { live: "dot--live", delayed: "dot--live", closed: "dot--off", waiting: "dot--stale", offline: "dot--off", ended: "dot--off" };
  let state = "", last = "", seq = 0, tries = 0, socket = null, queue = new Map(), totals = null, frame = 0, painted = 0, opened = false, ended = false;
  const quiet = () => document.body.dataset.flash === "off";

  function show(next, time) {
    last = time || last;
    const text = $("[data-live-text]"), dot = $("[data-live-status] .dot");
    if (text) text.textContent = `${WORDS[next]} ${last}`.trim();
    if (next === state) return;
    if (dot) dot.className = `dot ${DOTS[next]}`;
    if (state && (next === "offline" || next === "waiting")) $("[data-live-say]")?.replaceChildren("Prices have stopped updating.");
    if (state && next === "live" && state !== "delayed") $("[data-live-say]")?.replaceChildren("Prices are updating again.");
    state = next;
  }

  /* Changes text only where it differs; flashes the cell; never moves focus and never announces a tick. */
  function set(el, text, dir) {
    if (!el || text === undefined || text === null || el.textContent === text) return;
    el.textContent = text;
    el.classList.remove("flash-up", "flash-down");
    if (dir && !quiet()) requestAnimationFrame(() => el.classList.add(dir > 0 ? "flash-up" : "flash-down"));
  }
  const tint = (el, dir) => el && ["up", "down", "flat"].forEach((c, i) => el.classList.toggle(c, i === (dir > 0 ? 0 : dir < 0 ? 1 : 2)));

  /* The headline has quieter cents; the last group of digits after the decimal mark stays in its span. */
  function headline(el, text) {
    const cents = el && $(".figure__cents", el);
    if (!cents || !text) { set(el, text); return; }
    const m = text.match(/^(.*)([.,]\d{1,3})(\D*)$/);
    if (!m || el.textContent === text) { if (!m) set(el, text); return; }
    const span = document.createElement("span");
    span.className = "figure__cents"; span.textContent = m[2];
    el.replaceChildren(m[1], span, m[3]);
  }

  /* A delta holds an arrow and a text; the arrow turns where the sign does. */
  function change(el, text, sign) {
    if (!el || text === undefined) return;
    const box = $(".delta", el) || el, use = $("use", box);
    const words = [...box.childNodes].find(n => n.nodeType === 3);
    if (words) { if (words.data !== text) words.data = text; } else set(box, text);
    if (sign === undefined) return;
    tint(box, sign);
    if (use) use.setAttribute("href", use.getAttribute("href").replace(/#.*/, sign > 0 ? "#arrow-up" : sign < 0 ? "#arrow-down" : "#minus"));
  }

  function paint(now) {
    frame = 0;
    if (now - painted < 250) { frame = requestAnimationFrame(paint); return; }
    painted = now;
    for (const r of queue.values()) {
      $$(`[data-row="${CSS.escape(r.id)}"]`).forEach(row => {
        const at = name => $$(`[data-live="${name}"]`, row);
        at("price").forEach(el => set(el, r.price, r.dir));
        at("at").forEach(el => set(el, r.at));
        at("value").forEach(el => set(el, r.value));
        at("pct").forEach(el => { set(el, r.pct); if (r.sign !== undefined) tint(el, r.sign); });
        at("day").forEach(el => { set(el, r.day); if (r.sign !== undefined) tint(el, r.sign); });
        at("change").forEach(el => change(el, r.change, r.sign));
      });
    }
    if (totals) {
      headline($('[data-live="nav"]'), totals.nav);
      $$('[data-live="nav-total"]').forEach(el => set(el, totals.nav));
      $$('[data-live="nav0"]').forEach(el => set(el, totals.nav0));
      $$('[data-live="nav-day0"]').forEach(el => { set(el, totals.day0); if (totals.sign !== undefined) tint(el, totals.sign); });
      $$('[data-live="nav-pct"]').forEach(el => { set(el, totals.nav_pct); if (totals.sign !== undefined) tint(el, totals.sign); });
      $$('[data-live="nav-day"]').forEach(el => change(el, totals.day, totals.sign));
    }
    queue.clear(); totals = null;
  }

  /* Every message of a socket is numbered. After a gap the parts that must be right fetch themselves again, at most every ten seconds. */
  function follow(number) {
    if (!number) return;
    const gap = seq && number > seq + 1;
    seq = number;
    if (gap) resync();
  }
  let synced = 0;
  function resync() {
    if (Date.now() - synced < 10000) return;
    synced = Date.now();
    emit("live-resync"); /* partials listen with hx-trigger="live-resync from:document" */
  }

  function receive(m) {
    follow(m.seq);
    if (m.type === "hello") { show($("[data-row]") ? m.state : "live", m.as_of); if (m.text) $("[data-live-status]")?.setAttribute("title", m.text); return; }
    if (m.type === "stale") { emit("price-stale", m); return; }
    if (m.type === "alert") { emit("alert-fired", m); emit("toast", { text: m.message }); return; }
    if (m.type === "import") { emit("import-moved", m); return; }
    if (m.type === "news") { emit("news-stored", m); return; }
    if (m.type !== "tick") return;
    (m.rows || []).forEach(r => queue.set(String(r.id), { ...queue.get(String(r.id)), ...r, id: String(r.id) }));
    totals = m.totals || totals;
    show(state === "delayed" || state === "closed" ? state : "live", m.as_of);
    if (!frame) frame = requestAnimationFrame(paint);
  }

  /* What is shown may not be seen any more: said for good, and not asked for again. */
  const ENDED = { 4401: "You are signed out. Sign in again to go on.", 4403: "You cannot see this portfolio any more. What stands here is from before." };
  function end(text) {
    const note = document.createElement("p"), words = document.createElement("span");
    note.className = "note note--warn"; note.role = "alert"; note.dataset.liveEnded = "";
    words.className = "note__text"; words.textContent = text;
    note.append(words);
    $("main")?.prepend(note);
    show("ended");
    ended = true;
  }

  let watched = "";
  function watch() {
    if (socket?.readyState !== 1) return;
    const wanted = JSON.stringify({ type: "watch", p: query.get("p") || "", ids: [...new Set($$("[data-row]").map(r => r.dataset.row))].sort() });
    if (wanted === watched) return;
    watched = wanted;
    socket.send(wanted);
  }
  function connect() {
    const path = document.body.dataset.live;
    if (!path || socket || ended || !navigator.onLine) return;
    try { socket = new WebSocket(location.origin.replace(/^http/, "ws") + path); } catch { return; }
    socket.onopen = () => { if (tries) resync(); tries = 0; seq = 0; watched = ""; opened = true; watch(); };
    socket.onmessage = e => receive(JSON.parse(e.data));
    socket.onclose = e => {
      socket = null;
      if (e.code in ENDED) { end(ENDED[e.code]); return; }
      if (opened) show(navigator.onLine ? "waiting" : "offline");
      if (!document.hidden) setTimeout(connect, Math.random() * Math.min(30000, 1000 * 2 ** tries++));
    };
  }
  addEventListener("online", connect);
  addEventListener("offline", () => ended || show("offline"));
  document.addEventListener("htmx:afterSettle", watch);
  let rest = 0;
  document.addEventListener("visibilitychange", () => {
    clearTimeout(rest);
    if (document.hidden) rest = setTimeout(() => socket?.close(), 300000); else connect();
  });

  /* The fall-back: the parts that hold figures fetch themselves again. */
  setInterval(() => {
    if (document.hidden || ended || socket?.readyState === 1 || !navigator.onLine || !window.htmx) return;
    const parts = $$("[data-poll]");
    if (!parts.length) return;
    show("delayed", "");
    parts.forEach(el => window.htmx.trigger(el, "poll"));
  }, 60000);

  connect();
  window.live = { receive };
})();

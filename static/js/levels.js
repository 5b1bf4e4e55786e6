/* An alert at a level of a chart of prices. A click (or a tap) on the chart, or the arrow keys on the link beneath it, choose the level; the
   link opens the form of a new alert with it. Without script the link is of the newest price.

   <a data-level="id of the chart" data-last="213.4" data-words="Alert at" href="/alerts/add/?instrument=7&kind=price_above&threshold=213.4"><span aria-live="polite">…</span></a> */
(() => {
  "use strict";
  const { $, $$ } = window.ui;
  const MOVED = 6; /* pixels: further than that was no click */

  const link = box => $$("a[data-level]").find(a => a.dataset.level === box.dataset.chart);
  const axis = box => $(".chart__plot", box)?._fullLayout?.yaxis;
  const clear = box => $$(".chart__level, .chart__offer", box).forEach(el => el.remove());

  /* Written as prices are: four places below 10, else two; of small coins as many as four digits need. */
  function told(level, y) {
    const places = level >= 10 ? 2 : level >= .1 ? 4 : Math.min(3 - Math.floor(Math.log10(level)), 12);
    const text = level.toLocaleString(document.documentElement.lang, { minimumFractionDigits: places, maximumFractionDigits: places });
    return { text: `${y.tickprefix}${text}${y.ticksuffix}`, number: level.toFixed(places) };
  }
  function choose(box, level) {
    const a = link(box), y = axis(box);
    if (!a || !y || !(level > 0)) return;
    const { text, number } = told(level, y), to = new URL(a.href), words = `${a.dataset.words} ${text}`;
    to.searchParams.set("kind", level >= Number(a.dataset.last) ? "price_above" : "price_below");
    to.searchParams.set("threshold", number);
    a.href = to;
    a.dataset.at = level;
    $("span", a).textContent = words;
    clear(box);
    const top = `${y._offset + y.d2p(level)}px`;
    const line = Object.assign(document.createElement("div"), { className: "chart__level" });
    const offer = Object.assign(document.createElement("a"), { className: "btn btn--sm chart__offer", href: a.href, textContent: words, tabIndex: -1 });
    offer.dataset.drawer = "";
    offer.setAttribute("aria-hidden", "true"); /* the link beneath says the same */
    line.style.top = offer.style.top = top;
    box.append(line, offer);
  }

  let down = null;
  document.addEventListener("pointerdown", e => { down = e.button ? null : { x: e.clientX, y: e.clientY, box: e.target.closest?.(".chart") }; }, true);
  document.addEventListener("pointerup", e => {
    const from = down;
    down = null;
    if (!from?.box || !link(from.box) || e.target.closest?.(".chart__offer")) return;
    if (Math.hypot(e.clientX - from.x, e.clientY - from.y) > MOVED) return;
    const y = axis(from.box), plot = $(".chart__plot", from.box);
    if (!y) return;
    const at = e.clientY - plot.getBoundingClientRect().top - y._offset;
    if (at >= 0 && at <= y._length) choose(from.box, y.p2d(at));
  }, true);

  document.addEventListener("keydown", e => {
    const a = e.target.closest?.("a[data-level]"), step = { ArrowUp: 1, ArrowDown: -1 }[e.key];
    if (!a || !step || e.ctrlKey || e.metaKey || e.altKey) return;
    const box = $$(".chart").find(el => el.dataset.chart === a.dataset.level), y = box && axis(box);
    if (!y) return;
    e.preventDefault();
    const [low, high] = [Math.min(...y.range), Math.max(...y.range)], each = (high - low) / (e.shiftKey ? 20 : 100);
    choose(box, Math.min(Math.max(Number(a.dataset.at || a.dataset.last) + step * each, low), high));
  });

  document.addEventListener("seg-changed", () => $$(".chart").forEach(clear));
  addEventListener("resize", () => $$(".chart").forEach(clear));
})();

/* Switches messages on for this browser: button[data-push="public key"], with data-devices="address of the API".
   The button stays hidden where the browser cannot; without scripts there is nothing to press. */
(() => {
  "use strict";
  const button = document.querySelector("[data-push]");
  if (!button || !("serviceWorker" in navigator) || !("PushManager" in window)) return;
  const says = document.querySelector("[data-push-says]");
  const say = text => { if (says) says.textContent = text; };
  const bytes = text => Uint8Array.from(atob((text + "===".slice((text.length + 3) % 4)).replace(/-/g, "+").replace(/_/g, "/")), sign => sign.charCodeAt(0));
  const token = () => JSON.parse(document.body.getAttribute("hx-headers") || "{}")["X-CSRFToken"] || document.querySelector("[name=csrfmiddlewaretoken]")?.value || "";
  const name = () => {
    const system = /Android|iPhone|iPad|Windows|Mac OS|Linux/.exec(navigator.userAgent)?.[0] || "";
    const browser = /Firefox|Edg|OPR|Chrome|Safari/.exec(navigator.userAgent)?.[0] || "Browser";
    return system ? browser.replace("Edg", "Edge").replace("OPR", "Opera") + ", " + system : browser;
  };
  async function subscribe() {
    if (await Notification.requestPermission() !== "granted") { say("The browser does not allow messages from this page. Allow them in its settings, then try again."); return; }
    await navigator.serviceWorker.register("/push-worker.js");
    const worker = await navigator.serviceWorker.ready;
    const subscription = await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(button.dataset.push) });
    const { endpoint, keys } = subscription.toJSON();
    const answer = await fetch(button.dataset.devices, { method: "POST", headers: { "Content-Type": "application/json", "X-CSRFToken": token() }, body: JSON.stringify({ endpoint, keys, name: name() }) });
    if (answer.ok) location.reload();
    else say((await answer.json()).detail || "This browser was not taken in. Try again later.");
  }
  button.hidden = false;
  button.addEventListener("click", () => subscribe().catch(() => say("This browser cannot take messages now. Try again later.")));
})();

/* Shows the messages that come while no page is open.  What bears the same tag is shown once. */
"use strict";
self.addEventListener("push", event => {
  const told = event.data ? event.data.json() : {};
  event.waitUntil(self.registration.showNotification(told.title || "Plumbline", { body: told.body || "", tag: told.tag, data: { url: told.url || "/notifications/" } }));
});
self.addEventListener("notificationclick", event => {
  event.notification.close();
  const url = new URL(event.notification.data.url, self.location.origin);
  if (url.origin !== self.location.origin) return;
  event.waitUntil(self.clients.matchAll({ type: "window" }).then(pages => {
    const open = pages.find(page => new URL(page.url).pathname === url.pathname);
    return open ? open.focus() : self.clients.openWindow(url.href);
  }));
});

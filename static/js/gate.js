/* The pages before signing in: tells the sign-up form which time zone this is. Without script it is UTC until changed in Settings. */
(() => {
  "use strict";
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "";
  document.querySelectorAll("[data-time-zone]").forEach(input => { input.value = zone; });
})();

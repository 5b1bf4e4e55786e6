/* Passkeys. The talk with the browser is allauth's (mfa/js); this starts it and says in words what a refusal means.
   data-passkey="loginForm" with data-login, data-credential, data-data … names the form and the elements that it works on. */
(() => {
  "use strict";
  const WORDS = {
    NotAllowedError: "The browser asked, and it was called off or took too long. Try again.",
    InvalidStateError: "This device holds a passkey of this account already.",
    SecurityError: "Browsers keep passkeys for a name only, over HTTPS. Open this page by the name of the server.",
    NotSupportedError: "This device can't keep a passkey of this kind.",
  };
  document.querySelectorAll("[data-passkey]").forEach(place => window.allauth.webauthn.forms[place.dataset.passkey]({ ids: { ...place.dataset } }));
  document.addEventListener("allauth.error", event => {
    event.preventDefault();
    const problem = event.detail?.exception;
    document.querySelectorAll("[data-passkey-trouble]").forEach(note => {
      note.querySelector(".note__text").textContent = WORDS[problem?.name] || "The passkey could not be used here. Try another way.";
      note.hidden = false;
    });
  });
})();

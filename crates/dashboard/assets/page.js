// What a page does by itself, on top of what it does without: a form that was sent is not sent twice by a second click, a
// filter sends itself, and a part that htmx has replaced is read out where it says so.
"use strict";

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.once === undefined || event.defaultPrevented) return;
  if (form.dataset.sent !== undefined) { event.preventDefault(); return; }
  form.dataset.sent = "";
  for (const button of form.querySelectorAll("button:not([type=button])")) button.setAttribute("aria-busy", "true");
});

// A page that the browser kept shows its forms as they were before they were sent.
window.addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    for (const button of form.querySelectorAll("[aria-busy]")) button.removeAttribute("aria-busy");
  }
});

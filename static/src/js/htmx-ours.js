// What we add to htmx: refused forms swap too, the focus goes where the news is, saved rows leave after a while.

// A refused form (422), or one that came second (409), comes back with its words and is shown like any other answer.
document.addEventListener("htmx:beforeSwap", (event) => {
  if ([409, 422].includes(event.detail.xhr.status)) {
    event.detail.shouldSwap = true;
    event.detail.isError = false;
  }
});

// Of two requests for one place the newer one counts: a card that was still on its way does not replace the one that was
// chosen meanwhile, nor the form that is being sent from it.
const newest = new Map();
document.addEventListener("htmx:beforeSend", (event) => newest.set(event.detail.target.id, event.detail.xhr));
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const isOlder = detail.target.id && newest.get(detail.target.id) !== detail.xhr;
  if (isOlder && detail.requestConfig.verb === "get") detail.shouldSwap = false;
});

// An answer that is a whole page (a sign-in, an error) replaces the page, never a row.
document.addEventListener("htmx:beforeOnLoad", (event) => {
  const type = event.detail.xhr.getResponseHeader("Content-Type") || "";
  if (type.startsWith("text/html") && /^\s*<!doctype/i.test(event.detail.xhr.responseText) && !event.detail.boosted) {
    if (event.detail.xhr.status >= 400 && ![409, 422].includes(event.detail.xhr.status)) {
      event.preventDefault();
      location.reload();
    }
  }
});

const focusOnNews = (swapped) => {
  const news = swapped.querySelector?.("[data-error-summary] [tabindex='-1'], [data-focus], h1[tabindex='-1'], h2[tabindex='-1'], h3[tabindex='-1']");
  news?.focus();
};

// `afterSettle` fires on each new element, out-of-band ones too: only the asked-for one may take the focus.
document.addEventListener("htmx:afterSettle", (event) => {
  const asked = event.detail.requestConfig?.elt;
  if (event.target.closest?.("[data-keep-focus]") || asked?.matches?.("[data-keep-focus]")) return;
  const has = document.activeElement;
  const pressed = has === asked && has?.matches("a, button, summary");  // a link that stays, as Call beside its strip
  if (has && has !== document.body && !pressed && !event.target.contains(has)) return;
  focusOnNews(event.target);
});

const letLeave = (root) => {
  for (const row of root.querySelectorAll("[data-leaves-after]:not([data-leaving])")) {
    row.dataset.leaving = "";
    setTimeout(() => {
      if (row.contains(document.activeElement)) return;  // somebody is about to press Undo
      (row.closest("[data-row]") || row).remove();
    }, Number(row.dataset.leavesAfter) * 1000);
  }
};
// The whole document: a row may have been replaced by what it became, outside the target.
document.addEventListener("htmx:load", () => letLeave(document));
letLeave(document);

// A page that came back refused says so to whoever cannot see it.
document.querySelector("[data-error-summary] [tabindex='-1']")?.focus();

// Menus close when one presses elsewhere or Escape.
document.addEventListener("click", (event) => {
  for (const open of document.querySelectorAll("details.you[open]")) if (!open.contains(event.target)) open.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const open = document.querySelector("details.you[open]");
  if (open) { open.open = false; open.querySelector("summary").focus(); }
});

// A page has one print button at most: `data-print`.
document.addEventListener("click", (event) => { if (event.target.closest("[data-print]")) print(); });

// Ctrl+Enter saves the form one is in.
document.addEventListener("keydown", (event) => {
  const form = event.target.closest?.("form[data-ctrl-enter]");
  if (form && event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); form.requestSubmit(); }
});

// Keys of lists and cards. `data-keys` marks the list or card, `data-row` its rows, `data-open` a row's link,
// `data-key="3"` what a key presses. They act only when the focus is in there, and never while one types.
const OFF = "keys-off";
const typing = (el) => el.matches("input:not([type=radio], [type=checkbox], [type=button], [type=submit]), textarea, select, [contenteditable]");
const off = () => { try { return localStorage.getItem(OFF) === "1"; } catch { return false; } };
const visible = (el) => el.getClientRects().length > 0;

const step = (area, here, by) => {
  const rows = [...area.querySelectorAll("[data-row]")].filter(visible);
  const open = (row) => row.querySelector("[aria-current=true]");
  const within = rows.findIndex((row) => row.contains(here));
  const at = within < 0 && here === document.body ? rows.findIndex(open) : within;
  const next = rows[Math.max(0, Math.min(rows.length - 1, at < 0 ? 0 : at + by))];
  const link = next?.querySelector("[data-open]") || next?.querySelector("a, button");
  link?.focus();
  link?.scrollIntoView({ block: "nearest" });
};

// What the key presses: in the row with the focus first, then in the open strip, then anywhere in the list or card.
const pressed = (area, here, key) => {
  const all = [...area.querySelectorAll(`[data-key="${CSS.escape(key)}"]`)].filter(visible);
  const row = here.closest("[data-row]");
  return all.find((el) => row?.contains(el)) || all.find((el) => el.closest("[data-strip]")) || all[0];
};

// The list or card in which the focus was when it was replaced: until the focus is somewhere again, keys go there.
let replaced = null;
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (detail.target.contains(document.activeElement)) replaced = detail.target.closest("[data-keys]")?.id;
});
for (const kind of ["focusin", "pointerdown"]) document.addEventListener(kind, () => { replaced = null; });

document.addEventListener("keydown", (event) => {
  const here = event.target;
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || typing(here)) return;
  if (event.key === "?") { document.getElementById("keys")?.showModal(); return; }
  if (off() || document.querySelector("dialog[open]")) return;
  const moves = ["j", "k"].includes(event.key.toLowerCase());
  // On a page that has just come nothing has the focus yet: J or K brings it into the list.
  const waiting = here === document.body && (replaced ? document.getElementById(replaced) : moves && document.querySelector("[data-keys]"));
  const area = here.closest("[data-keys]") || waiting || null;
  if (event.key === "/" && (area || here === document.body)) {
    const find = document.querySelector('input[data-key="/"]');
    if (find && visible(find)) { event.preventDefault(); find.focus(); }
    return;
  }
  if (!area) return;
  const key = event.key.toLowerCase();
  if (key === "j" || key === "k") { event.preventDefault(); step(area, here, key === "j" ? 1 : -1); return; }
  if (key === "enter") {
    const row = here.closest("[data-row]");
    if (here === row) { event.preventDefault(); row.querySelector("[data-open]")?.click(); }
    return;
  }
  const wanted = pressed(area, here, key);
  if (wanted) { event.preventDefault(); wanted.focus(); wanted.click(); }
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-keys-off]");
  if (!button) return;
  try { localStorage.setItem(OFF, off() ? "0" : "1"); } catch { /* a private window keeps nothing */ }
  button.closest("dialog").close();
});

// The Save button says what it saves. Works without: the button then says "Save".
const save = document.querySelector("button.save[data-with]");
const plain = save?.textContent;

const say = () => {
  const chosen = document.querySelector("input[name=nrs]:checked");
  save.textContent = chosen ? save.dataset.with.replace("#", chosen.value) : plain;
};

// The address keeps which entry this is, so that Back leads to the same one.
const entry = document.querySelector("input[name=client_id]");
const here = new URL(location.href);
if (entry && !here.searchParams.has("entry")) {
  here.searchParams.set("entry", entry.value);
  history.replaceState(history.state, "", here);
}

if (save) {
  document.querySelector(".pad").addEventListener("change", say);
  say();
}

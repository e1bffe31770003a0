// The Save button says what it saves. Works without: the button then says "Save".
const save = document.querySelector("button.save[data-with]");
const plain = save?.textContent;

const say = () => {
  const chosen = document.querySelector("input[name=nrs]:checked");
  save.textContent = chosen ? save.dataset.with.replace("#", chosen.value) : plain;
};

if (save) {
  document.querySelector(".pad").addEventListener("change", say);
  say();
}

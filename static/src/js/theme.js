// "As my device": the one thing the server cannot know. Runs in <head>, before the first paint.
(() => {
  const page = document.documentElement;
  if (page.dataset.theme !== "device") return;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const follow = () => { page.dataset.bsTheme = dark.matches ? "dark" : "light"; };
  follow();
  dark.addEventListener("change", follow);
})();

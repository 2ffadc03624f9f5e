// Blocking and first, so that the stored colours are on the page before anything is painted or a chart is made.
// It reads what src/stores/preferences.ts writes. Dark is for whoever has not chosen.
document.documentElement.className = "dark";
try {
  const state = JSON.parse(localStorage.getItem("quant.preferences") ?? "{}").state ?? {};
  if (state.theme === "light") document.documentElement.className = "light";
  if (typeof state.palette === "string") document.documentElement.dataset.palette = state.palette;
} catch {
  // A storage that cannot be read is a fresh one.
}

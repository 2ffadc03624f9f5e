// Blocking and first, so that the stored theme is on the page before anything is painted or a chart is made.
// It reads what src/stores/preferences.ts writes.
try {
  const stored = JSON.parse(localStorage.getItem("quant.preferences") ?? "{}");
  const light = stored?.state?.theme === "light";
  document.documentElement.className = light ? "light" : "dark";
} catch {
  document.documentElement.className = "dark";
}

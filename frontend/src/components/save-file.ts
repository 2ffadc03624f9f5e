const KEPT_MS = 60_000;

/** Hands a text, or a content that there is already, to the browser as a download. */
export function saveFile(name: string, content: string | Blob, type = "text/csv;charset=utf-8"): void {
  const blob = typeof content === "string" ? new Blob([content], { type }) : content;
  const url = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // A busy browser takes the file over long after the click, and says nothing when it is gone by then.
  setTimeout(() => URL.revokeObjectURL(url), KEPT_MS);
}

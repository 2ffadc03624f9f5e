/** Hands a text, or a content that there is already, to the browser as a download. */
export function saveFile(name: string, content: string | Blob, type = "text/csv;charset=utf-8"): void {
  const blob = typeof content === "string" ? new Blob([content], { type }) : content;
  const url = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // After the click's task, in which the browser takes the file over.
  setTimeout(() => URL.revokeObjectURL(url), 0);
}

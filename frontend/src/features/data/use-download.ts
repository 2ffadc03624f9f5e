import { useEffect, useRef, useState } from "react";
import { getFile } from "@/api/http";
import { saveFile } from "@/components/save-file";

export type Download =
  | { phase: "idle" }
  | { phase: "running"; received: number }
  | { phase: "done"; name: string; size: number }
  | { phase: "failed"; error: Error };

/** Fetches a file and hands it to the browser; leaving the page stops it. */
export function useDownload() {
  const [download, setDownload] = useState<Download>({ phase: "idle" });
  const running = useRef<AbortController | null>(null);
  useEffect(() => () => running.current?.abort(), []);

  const start = async (path: string) => {
    const controller = new AbortController();
    running.current = controller;
    setDownload({ phase: "running", received: 0 });
    try {
      const file = await getFile(path, controller.signal, (received) =>
        setDownload({ phase: "running", received }),
      );
      saveFile(file.name, file.content);
      setDownload({ phase: "done", name: file.name, size: file.content.size });
    } catch (error) {
      if (controller.signal.aborted) setDownload({ phase: "idle" });
      else setDownload({ phase: "failed", error: error instanceof Error ? error : new Error(String(error)) });
    }
  };
  const forget = () => setDownload((last) => (last.phase === "running" ? last : { phase: "idle" }));
  return { download, start, forget, cancel: () => running.current?.abort() };
}

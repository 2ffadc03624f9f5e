import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useRef, useState } from "react";
import { configQuery, symbolsQuery, useStart, useStop } from "@/api/queries";
import { lazily, loadTheRest } from "@/components/lazily";
import { useRefusal } from "@/components/ui/permit";
import { loadFailed } from "@/lib/part";
import { useLink } from "@/stores/link";
import { usePreferences } from "@/stores/preferences";
import { say } from "@/stores/toasts";
import { useHeld, useWatch } from "@/stores/topics";
import { tellNews } from "./alert-news";
import { act, type CommandNeeds } from "./commands";
import { opened, useOpened } from "./opened";
import { isTyping, ShortcutReader } from "./shortcuts";
import { Toaster } from "./toaster";

// Dialogs are loaded when they are first opened.
const Palette = lazily(() => import("./palette").then((module) => module.Palette));
const HelpSheet = lazily(() => import("./help-sheet").then((module) => module.HelpSheet));

// The first data and the charts go first.
const REST_AFTER_MS = 200;
const NO_SYMBOLS: never[] = [];
const aDialogIsOpen = () => document.querySelector("[role=dialog]") !== null;

/** Sends a command; the page may show nothing of it, so what goes wrong is said over whatever is shown. */
function sayFailure(title: string, send: () => Promise<unknown>): void {
  send().catch((error: Error) =>
    say({
      id: title,
      tone: "critical",
      title,
      detail: error.message,
      action: { label: "Retry", run: () => sayFailure(title, send) },
    }),
  );
}

function useNeeds(): CommandNeeds {
  const config = useQuery({ ...configQuery, enabled: false }).data ?? null;
  const status = useHeld("status", "status")?.data ?? null;
  const market = status?.market ?? config?.market ?? "";
  const symbols = useQuery({ ...symbolsQuery(market), enabled: false }).data?.items ?? NO_SYMBOLS;
  const { mutateAsync: start } = useStart();
  const { mutateAsync: stop } = useStop();
  const mayOperate = useRefusal("operator") === null;
  return useMemo(
    () => ({
      config,
      status,
      symbols,
      start: (names) =>
        sayFailure(names ? `Not started: ${names.join(", ")}` : "Streaming was not started", () =>
          start(names ? { symbols: names } : {}),
        ),
      stop: () => sayFailure("Streaming was not stopped", () => stop({})),
      openHelp: () => opened.set("help"),
      mayOperate,
    }),
    [config, status, symbols, start, stop, mayOperate],
  );
}

/** What every page has besides its content: alerts, the palette, the shortcuts and their sheet. */
export function Shell() {
  const open = useOpened();
  useWatch("alerts");
  useEffect(tellNews, []);
  const needs = useNeeds();
  const latest = useRef(needs);
  latest.current = needs;
  const hasData = needs.status !== null;
  useEffect(() => {
    if (!hasData) return;
    const timer = setTimeout(loadTheRest, REST_AFTER_MS);
    return () => clearTimeout(timer);
  }, [hasData]);
  const linked = useLink((link) => link.state.phase === "open");
  useEffect(() => {
    if (linked) loadFailed();
  }, [linked]);
  const [reader] = useState(() => new ShortcutReader());
  const close = () => opened.set(null);

  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && event.key === "k") {
        event.preventDefault();
        if (opened.get() === "palette") opened.set(null);
        else if (!aDialogIsOpen()) opened.set("palette");
        return;
      }
      if (!usePreferences.getState().singleKeys || event.defaultPrevented) return;
      if (isTyping(event.target) || aDialogIsOpen()) return;
      const action = reader.read(event);
      if (action === null) return;
      event.preventDefault();
      act(action, latest.current);
    };
    window.addEventListener("keydown", pressed);
    return () => window.removeEventListener("keydown", pressed);
  }, [reader]);

  return (
    <>
      <Toaster />
      {open === "palette" && <Palette needs={needs} onClose={close} />}
      {open === "help" && <HelpSheet onClose={close} />}
    </>
  );
}

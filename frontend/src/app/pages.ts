import type { ComponentType, ReactNode } from "react";
import { lazily } from "@/components/lazily";
import { MonitorPage } from "@/features/monitor/monitor-page";

type Page = {
  /** The first part of its addresses. */
  path: string;
  title: string;
  /** After `g`, goes to the page. */
  key: string;
  Content: ComponentType<{ tools: ReactNode }>;
};

/** The pages of the dashboard: a new one is a feature and a line here. All but the first are loaded when asked for. */
export const PAGES: readonly Page[] = [
  { path: "/", title: "Monitor", key: "m", Content: MonitorPage },
  {
    path: "/scan",
    title: "Scanner",
    key: "c",
    Content: lazily(() => import("@/features/scanner/scanner-page").then((page) => page.ScannerPage)),
  },
  {
    path: "/pair",
    title: "Pair lab",
    key: "l",
    Content: lazily(() => import("@/features/lab/lab-page").then((page) => page.LabPage)),
  },
  {
    path: "/export-data",
    title: "Data and export",
    key: "d",
    Content: lazily(() => import("@/features/data/data-page").then((page) => page.DataPage)),
  },
  {
    path: "/rules",
    title: "Alert rules",
    key: "r",
    Content: lazily(() => import("@/features/rules/rules-page").then((page) => page.RulesPage)),
  },
  {
    path: "/system",
    title: "System",
    key: "s",
    Content: lazily(() => import("@/features/system/system-page").then((page) => page.SystemPage)),
  },
  {
    path: "/about",
    title: "About",
    key: "a",
    Content: lazily(() => import("@/features/about/about-page").then((page) => page.AboutPage)),
  },
];

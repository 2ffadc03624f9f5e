import type { ComponentType, ReactNode } from "react";
import { AboutPage } from "@/features/about/about-page";
import { MonitorPage } from "@/features/monitor/monitor-page";
import { SystemPage } from "@/features/system/system-page";

type Page = { path: string; title: string; Content: ComponentType<{ tools: ReactNode }> };

/** The pages of the dashboard: a new one is a feature and a line here. */
export const PAGES: readonly Page[] = [
  { path: "/", title: "Monitor", Content: MonitorPage },
  { path: "/system", title: "System", Content: SystemPage },
  { path: "/about", title: "About", Content: AboutPage },
];

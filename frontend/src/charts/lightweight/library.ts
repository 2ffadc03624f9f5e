import { Part } from "@/lib/part";

/** The stacked chart and the library that it draws with. */
export const stackedCharts = new Part(() => import("./stacked-chart"));

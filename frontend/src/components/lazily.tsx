import type { ComponentType } from "react";
import { Part } from "@/lib/part";
import { PartFailed } from "./part-failed";
import { usePart } from "./use-part";

const loaders = new Set<() => void>();

/** A component whose code is loaded when it is first shown, or by `loadTheRest`. */
export function lazily<Props extends object>(
  load: () => Promise<ComponentType<Props>>,
): ComponentType<Props> {
  const part = new Part(load);
  loaders.add(part.load);
  return function Lazily(props: Props) {
    const { value: Content, failed } = usePart(part);
    if (Content) return <Content {...props} />;
    return failed ? <PartFailed onRetry={part.load} /> : null;
  };
}

/** Loads what was left out of the first load, so that it is there when the server is not. */
export function loadTheRest(): void {
  for (const load of loaders) load();
}

import { type ComponentType, useEffect, useState } from "react";

const loaders = new Set<() => Promise<void>>();

/**
 * A component whose code is loaded when it is first shown, or by `loadTheRest`. Code that cannot be loaded, as while
 * the server is away, is asked for anew by the next visit.
 */
export function lazily<Props extends object>(
  load: () => Promise<ComponentType<Props>>,
): ComponentType<Props> {
  let loaded: ComponentType<Props> | null = null;
  let loading: Promise<void> | null = null;
  const fetchOnce = () => {
    loading ??= load().then(
      (component) => {
        loaded = component;
      },
      (error: unknown) => {
        loading = null;
        throw error;
      },
    );
    return loading;
  };
  loaders.add(fetchOnce);
  return function Lazily(props: Props) {
    const [state, setState] = useState<"waiting" | "loaded" | "failed">("waiting");
    useEffect(() => {
      let gone = false;
      const say = (now: "loaded" | "failed") => () => {
        if (!gone) setState(now);
      };
      fetchOnce().then(say("loaded"), say("failed"));
      return () => {
        gone = true;
      };
    }, []);
    const Content = loaded;
    if (Content) return <Content {...props} />;
    if (state !== "failed") return null;
    return (
      <p role="alert" className="p-3 text-fg-2">
        This part of the page could not be loaded. The server may be away; open it again to try again.
      </p>
    );
  };
}

/** Loads what was left out of the first load, so that it is there when the server is not. */
export function loadTheRest(): void {
  // What fails is asked for when it is shown.
  for (const load of loaders) load().catch(() => {});
}

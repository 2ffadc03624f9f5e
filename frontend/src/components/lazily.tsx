import { type ComponentType, lazy, Suspense } from "react";

/**
 * A component whose code is loaded when it is first shown. A chunk that cannot be loaded, as after an update of the
 * server, is asked for anew by the next visit.
 */
export function lazily<Props extends object>(
  load: () => Promise<ComponentType<Props>>,
): ComponentType<Props> {
  const Content = lazy(() =>
    load().then(
      (component) => ({ default: component }),
      () => ({ default: NotLoaded as ComponentType<Props> }),
    ),
  );
  return function Lazily(props: Props) {
    return (
      <Suspense fallback={null}>
        <Content {...props} />
      </Suspense>
    );
  };
}

function NotLoaded() {
  return (
    <p role="alert" className="p-3 text-fg-2">
      This part of the page could not be loaded. Reload the page to try again.
    </p>
  );
}

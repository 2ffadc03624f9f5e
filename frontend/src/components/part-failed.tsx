import { Button } from "./ui/button";

/** Stands where a part of the page would, until it is loaded. */
export function PartFailed({ onRetry }: { onRetry: () => void }) {
  return (
    <div role="alert" className="flex flex-wrap items-center gap-x-3 gap-y-1 p-3 text-fg-2">
      <span className="min-w-0 flex-1 basis-40">
        This part of the page could not be loaded. It is tried again when the server is back.
      </span>
      <Button onClick={onRetry}>Retry</Button>
    </div>
  );
}

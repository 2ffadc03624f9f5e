import { Button } from "./ui/button";
import { Notice } from "./ui/notice";

/** Says that the server is away and that what is shown stands still. */
export function OfflineNotice({ onRetry }: { onRetry: () => void }) {
  return (
    <Notice tone="warn" actions={<Button onClick={onRetry}>Try now</Button>}>
      The server does not answer. What you see is the last that came.
    </Notice>
  );
}

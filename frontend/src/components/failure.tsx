import { Button } from "./ui/button";
import { Notice } from "./ui/notice";

type Props = { error: Error & { requestId?: string | null }; onRetry?: () => void };

/** A failed request: the server's own sentence, its request id, and a way on. */
export function Failure({ error, onRetry }: Props) {
  return (
    <Notice tone="failed" actions={onRetry && <Button onClick={onRetry}>Retry</Button>}>
      {error.message}
      {error.requestId && <span className="text-label text-fg-2"> Request {error.requestId}</span>}
    </Notice>
  );
}

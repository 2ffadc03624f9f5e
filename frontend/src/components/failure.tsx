import { Button } from "./ui/button";
import { Notice } from "./ui/notice";

type Props = {
  error: Error & { requestId?: string | null };
  onRetry?: () => void;
  /** For what need not be done after all. */
  onDismiss?: () => void;
};

/** A failed request: the server's own sentence, its request id, and a way on. */
export function Failure({ error, onRetry, onDismiss }: Props) {
  const actions = (
    <>
      {onRetry && <Button onClick={onRetry}>Retry</Button>}
      {onDismiss && <Button onClick={onDismiss}>Dismiss</Button>}
    </>
  );
  return (
    <Notice tone="failed" actions={actions}>
      {error.message}
      {error.requestId && <span className="text-label text-fg-2"> Request {error.requestId}</span>}
    </Notice>
  );
}

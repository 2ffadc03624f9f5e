import { count } from "@/lib/format";
import { Notice } from "./ui/notice";

type Props = { journal: { state: string; reason: string | null; dropped_rows: number } | null };

/** Says that trades do not reach the disk, and nothing while they do. */
export function JournalNotice({ journal }: Props) {
  if (journal?.state !== "failing") return null;
  return (
    <Notice tone="failed">
      Trades are not being stored: {journal.reason ?? "the disk refuses them"}
      {journal.dropped_rows > 0 && (
        <span className="text-fg-2">
          . Not stored so far, and listed as holes: {count(journal.dropped_rows)}
        </span>
      )}
    </Notice>
  );
}

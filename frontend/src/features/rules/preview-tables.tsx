import type { AlertAfterwards, AlertFiring, AlertPreview } from "@/api/types";
import { type Column, DataTable } from "@/components/data-table";
import { cellTime, count, duration, fixed, signed, type TimeZone, zoneHead } from "@/lib/format";
import { plural } from "@/lib/words";
import { usePreferences } from "@/stores/preferences";

const MOST_ROWS = 100;
const percent = (share: number | null) => (share === null ? fixed(null, 0) : `${fixed(100 * share, 0)} %`);

const AFTERWARDS: Column<AlertAfterwards>[] = [
  { key: "bars", label: "After", align: "left", cell: ({ bars }) => plural(bars, "bar") },
  { key: "count", label: "Firings", cell: (row) => count(row.count) },
  { key: "mean", label: "z, mean", cell: ({ mean }) => signed(mean, 2) },
  { key: "median", label: "median", cell: ({ median }) => signed(median, 2) },
  {
    key: "reverted",
    label: "Nearer to zero",
    title: "Share of the firings after which z was nearer to zero than at the firing",
    cell: ({ reverted }) => percent(reverted),
  },
];

/** What z did after the firings. */
export function Afterwards({ preview }: { preview: AlertPreview }) {
  if (preview.followed === null || preview.count === 0) return null;
  return (
    <section className="border-t border-line" aria-label="What z did afterwards">
      <h3 className="px-2 py-1 text-label font-semibold text-fg-2">What z did afterwards</h3>
      <DataTable
        label="z after the firings"
        columns={AFTERWARDS}
        rows={preview.afterwards}
        rowKey={({ bars }) => String(bars)}
      />
    </section>
  );
}

function firingColumns({ followed, horizons }: AlertPreview, zone: TimeZone): Column<AlertFiring>[] {
  const columns: Column<AlertFiring>[] = [
    {
      key: "time",
      label: `Fired, ${zoneHead(zone)}`,
      align: "left",
      cell: (firing) => <span title={firing.reason}>{cellTime(firing.time, "stamp", zone)}</span>,
    },
    {
      key: "duration_s",
      label: "Lasted",
      cell: ({ duration_s }) => (duration_s === null ? "still firing" : duration(duration_s)),
    },
  ];
  if (followed === null) return columns;
  return [
    ...columns,
    { key: "at", label: "z", cell: ({ at }) => signed(at, 2) },
    ...horizons.map((bars, index) => ({
      key: `after_${bars}`,
      label: `+${bars}`,
      title: `z ${plural(bars, "bar")} later`,
      cell: ({ after }: AlertFiring) => signed(after[index] ?? null, 2),
    })),
  ];
}

/** The newest firings, a line each. */
export function Firings({ preview }: { preview: AlertPreview }) {
  const zone = usePreferences((preferences) => preferences.zone);
  const { firings } = preview;
  if (firings.length === 0) return null;
  return (
    <section className="border-t border-line" aria-label="Firings">
      <h3 className="px-2 py-1 text-label font-semibold text-fg-2">
        {firings.length > MOST_ROWS
          ? `The newest ${MOST_ROWS} of ${count(firings.length)} firings`
          : plural(firings.length, "firing")}
      </h3>
      <DataTable
        label="When it would have fired"
        columns={firingColumns(preview, zone)}
        rows={firings.toReversed().slice(0, MOST_ROWS)}
        rowKey={({ id }) => id}
      />
    </section>
  );
}

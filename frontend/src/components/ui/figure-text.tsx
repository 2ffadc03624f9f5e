import { ABSENT } from "@/lib/format";

type Props = {
  /** Path of the number in the topic's payload, such as `adf.p_value`. */
  field: string;
  value: number | null;
  format: (value: number | null) => string;
  /** Why the number is absent. */
  reason?: string | null;
};

/**
 * A number of the server as the user reads it. The raw one stands beside it as `data-value`, so that the page can
 * be compared with the API; an absent one is a dash that says why.
 */
export function FigureText({ field, value, format, reason }: Props) {
  if (value !== null) {
    return (
      <span data-field={field} data-value={value}>
        {format(value)}
      </span>
    );
  }
  const why = reason ?? "not available";
  return (
    <span data-field={field} data-value="null" title={why}>
      <span aria-hidden>{ABSENT}</span>
      <span className="sr-only">not available: {why}</span>
    </span>
  );
}

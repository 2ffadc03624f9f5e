const LOOKS: Record<string, { shape: string; tone: string; word: string }> = {
  info: { shape: "●", tone: "text-fg-2", word: "Info" },
  warning: { shape: "▲", tone: "text-warn", word: "Warning" },
  critical: { shape: "◆", tone: "text-crit", word: "Critical" },
};

/** How grave an alert is: a shape, a colour and a word; `short` has the word for screen readers and as a hint. */
export function SeverityMark({ severity, short = false }: { severity: string; short?: boolean }) {
  const { shape, tone, word } = LOOKS[severity] ?? { shape: "●", tone: "text-fg-2", word: severity };
  return (
    <span className={`whitespace-nowrap ${tone}`} title={short ? word : undefined}>
      <span aria-hidden>{shape}</span>
      <span className={short ? "sr-only" : undefined}> {word}</span>
    </span>
  );
}

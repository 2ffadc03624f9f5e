import { render, screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { clientConfig, streamStatus, symbolStatus } from "@/testing/builders";
import { StatusBar } from "./status-bar";

test("lag, gaps, drops and source stand in the line", () => {
  const status = streamStatus({
    symbols: [
      symbolStatus("BTCUSDT", { quarantined: 2, gaps: { open: 1, filled: 0, confirmed: 0 } }),
      symbolStatus("ETHUSDT", { quarantined: 1 }),
    ],
    journal: { ...streamStatus().journal, dropped_rows: 40 },
  });
  render(<StatusBar state="live" symbols={[]} status={status} config={clientConfig()} />);
  const line = screen.getByRole("contentinfo");
  for (const said of ["feed lag 12 ms", "gaps 1", "drops 43", "Simulated market"])
    expect(line).toHaveTextContent(said);
});

import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { API_BASE } from "@/api/endpoints";
import { configQuery } from "@/api/queries";

function Link({ href, children }: { href: string; children: ReactNode }) {
  return (
    <a href={href} className="text-leg-a underline underline-offset-2">
      {children}
    </a>
  );
}

type Props = {
  tools: ReactNode;
};

/** What this is, where its API is described, and whose work it shows. */
export function AboutPage({ tools }: Props) {
  const version = useQuery(configQuery).data?.version;
  return (
    <div className="min-h-dvh">
      <header className="flex items-center gap-3 border-b border-line px-2 py-1.5">
        <h1 className="text-stat font-semibold max-lg:sr-only">About</h1>
        {tools}
      </header>
      <main className="flex max-w-3xl flex-col gap-4 p-4">
        <p>
          Quant Analytics Platform{version && ` ${version}`}: live statistical arbitrage on Binance USD-M
          Futures, on recordings of it, and on a simulated market whose truth is known. Research and
          monitoring only: it places no orders, and nothing here is investment advice.
        </p>
        <section aria-labelledby="api">
          <h2 id="api" className="font-semibold">
            API
          </h2>
          <p>
            <Link href={`${API_BASE}/docs`}>Swagger</Link>, <Link href={`${API_BASE}/redoc`}>ReDoc</Link> and
            the <Link href={`${API_BASE}/openapi.json`}>OpenAPI description</Link> of this server.
          </p>
        </section>
        <section aria-labelledby="numbers">
          <h2 id="numbers" className="font-semibold">
            How to read the numbers
          </h2>
          <p>
            The hedge ratio and σ come from the window of closed bars that ends before the newest one, so that
            no z-score has seen its own bar. “Live” values put the forming bar’s prices into the newest fit.
            Engle-Granger p-values use MacKinnon’s tables for two series and count both directions. A dash
            always says why there is no number.
          </p>
        </section>
        <section aria-labelledby="notices">
          <h2 id="notices" className="font-semibold">
            Notices
          </h2>
          <p>
            TradingView Lightweight Charts™. Copyright © 2025 TradingView, Inc.{" "}
            <Link href="https://www.tradingview.com/">https://www.tradingview.com/</Link>
          </p>
          <p>
            Plotly.js, © Plotly, Inc., MIT licence. Inter, © The Inter Project Authors, SIL Open Font Licence
            1.1.
          </p>
        </section>
      </main>
    </div>
  );
}

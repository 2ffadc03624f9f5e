import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { fireEvent, render, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { HttpResponse, http } from "msw";
import { setupServer } from "msw/node";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { saveFile } from "@/components/save-file";
import { live } from "@/stores/link";
import { usePreferences } from "@/stores/preferences";
import { clientConfig, MINUTE, streamStatus, symbolStatus, T0 } from "@/testing/builders";
import { DataPage } from "./data-page";

// jsdom has no downloads: what would be saved is what is looked at.
vi.mock("@/components/save-file", () => ({ saveFile: vi.fn() }));

const at = (path: string) => new URL(path, window.location.origin).toString();
const list = (items: object[]) => HttpResponse.json({ market: "sim-7", as_of: T0, items, next: null });
const problem = (status: number, detail: string) =>
  HttpResponse.json({ status, code: "problem", detail, request_id: "abc123" }, { status });

const textOf = (blob: Blob) =>
  new Promise((resolve) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.readAsText(blob);
  });

const ends = { first_time: T0, last_time: T0 + 99 * MINUTE };
const server = setupServer(
  http.get(at("/config"), () => HttpResponse.json(clientConfig({ methods: ["ols", "huber"] }))),
  http.get(at("/symbols"), () => list([{ symbol: "BTCUSDT" }, { symbol: "ETHUSDT" }, { symbol: "SOLUSDT" }])),
  http.get(at("/data/:symbol/stored"), () =>
    list([null, "1s", "1m", "5m"].map((interval) => ({ interval, ...ends }))),
  ),
  http.get(at("/import"), () => list([])),
  http.get(at("/import/files"), () => list([])),
);

beforeAll(() => server.listen({ onUnhandledRequest: "error" }));
afterEach(() => {
  server.resetHandlers();
  vi.mocked(saveFile).mockClear();
});
afterAll(() => server.close());

beforeEach(() => {
  localStorage.clear();
  usePreferences.setState(usePreferences.getInitialState(), true);
  window.history.replaceState(null, "", "/export-data");
  const symbols = ["BTCUSDT", "ETHUSDT"].map((symbol) => symbolStatus(symbol));
  live.receive({
    kind: "status",
    type: "snapshot",
    topic: "status",
    seq: 1,
    time: T0,
    data: streamStatus({ symbols }),
  });
});

function show() {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  render(
    <QueryClientProvider client={client}>
      <DataPage tools={null} />
    </QueryClientProvider>,
  );
}

describe("export", () => {
  const query = () => new URLSearchParams(window.location.search);

  test("how much it is is told before, and what is chosen is in the address", async () => {
    show();
    expect(await screen.findByText(/about 100 rows/)).toBeVisible();
    await userEvent.click(screen.getByRole("radio", { name: "Bars" }));
    await userEvent.click(screen.getByRole("radio", { name: "Parquet" }));
    expect([query().get("what"), query().get("format")]).toEqual(["bars", "parquet"]);
    expect(screen.queryByLabelText("Leg B")).toBeNull();
  });

  test("another interval has other rows", async () => {
    window.history.replaceState(null, "", "/export-data?what=bars&a=ETHUSDT");
    show();
    await userEvent.selectOptions(await screen.findByLabelText("Interval"), "5m");
    expect(await screen.findByText(/about 21 rows/)).toBeVisible();
    expect([query().get("a"), query().get("tf")]).toEqual(["ETHUSDT", "5m"]);
  });

  test("a range that ends before it begins is said at its field and cannot be asked for", async () => {
    window.history.replaceState(null, "", `/export-data?from=${T0}&to=${T0 - 1000}`);
    show();
    const field = await screen.findByLabelText(/^Until before/);
    expect(field).toHaveAccessibleDescription("The range ends before it begins.");
    expect(screen.getByRole("button", { name: "Download" })).toBeDisabled();
  });

  test("a window can be typed anew, within its limits, and is never exported as it was before", async () => {
    const asked = vi.fn(() => HttpResponse.text("time\n"));
    server.use(http.get(at("/export"), asked));
    window.history.replaceState(null, "", "/export-data?w=60");
    show();
    const field = await screen.findByRole("textbox", { name: "Window" });
    await userEvent.clear(field);
    expect(field).toHaveValue("");
    await userEvent.type(field, "5{Enter}");
    expect(field).toHaveAccessibleDescription("The window needs at least 10 bars.");
    expect(field).toHaveFocus();
    await userEvent.click(screen.getByRole("button", { name: "Download" }));
    expect(asked).not.toHaveBeenCalled();
    await userEvent.type(field, "00{Enter}");
    expect(query().get("w")).toBe("500");
  });

  test("a time stays while its year is typed, and takes effect once it is whole", async () => {
    window.history.replaceState(null, "", `/export-data?from=${Date.UTC(2026, 2, 1)}`);
    show();
    const field = await screen.findByLabelText(/^From/);
    for (const year of ["0002", "0020", "0202"]) {
      fireEvent.change(field, { target: { value: `${year}-03-01T00:00:05` } });
      expect((field as HTMLInputElement).value).toContain(`${year}-03-01`);
      expect(field).toBeValid();
    }
    expect(query().get("from")).toBe(String(Date.UTC(2026, 2, 1)));
    fireEvent.blur(field);
    expect(field).toHaveAccessibleDescription("The time is before 1970.");
    fireEvent.change(field, { target: { value: "2025-03-01T00:00:05" } });
    expect(field).toHaveAccessibleDescription("");
    expect(query().get("from")).toBe(String(Date.UTC(2025, 2, 1, 0, 0, 5)));
    fireEvent.change(field, { target: { value: "" } });
    expect(query().get("from")).toBeNull();
  });

  test("the file is saved under the server's name", async () => {
    server.use(
      http.get(at("/export"), () =>
        HttpResponse.text("time,beta\n", {
          headers: { "content-disposition": "attachment; filename*=UTF-8''sim-7_%E5%B8%81.csv" },
        }),
      ),
    );
    show();
    await userEvent.click(await screen.findByRole("button", { name: "Download" }));
    expect(await screen.findByText(/sim-7_币\.csv, 10 B, is in your downloads/)).toBeVisible();
    const [name, content] = vi.mocked(saveFile).mock.calls[0] ?? [];
    expect(name).toBe("sim-7_币.csv");
    expect(await textOf(content as Blob)).toBe("time,beta\n");
  });

  test("a refusal is the server's own sentence, and nothing is saved", async () => {
    server.use(http.get(at("/export"), () => problem(409, "have 3, need 61")));
    show();
    await userEvent.click(await screen.findByRole("button", { name: "Download" }));
    expect(await screen.findByRole("alert")).toHaveTextContent("have 3, need 61 Request abc123");
    expect(saveFile).not.toHaveBeenCalled();
  });

  test("where nothing is stored the page says so", async () => {
    server.use(http.get(at("/data/:symbol/stored"), () => list([])));
    show();
    expect(await screen.findByText(/Nothing of this is stored in sim-7/)).toBeVisible();
  });

  test("a server that refuses to tell what there is can be asked again", async () => {
    server.use(http.get(at("/symbols"), () => problem(503, "still starting"), { once: true }));
    show();
    expect(await screen.findByText(/still starting/)).toBeVisible();
    await userEvent.click(screen.getByRole("button", { name: "Retry" }));
    expect(await screen.findByRole("button", { name: "Download" })).toBeVisible();
  });
});

const job = (part: object) => ({
  id: "j1",
  kind: "import",
  title: "BTCUSDT-1m-2025-03.zip",
  state: "running",
  phase: "reading BTCUSDT-1m-2025-03.zip",
  rows: 500,
  bytes_done: 25,
  bytes_total: 100,
  days_done: 0,
  days_total: 0,
  created_at: T0,
  finished_at: null,
  files: [],
  fills: [],
  errors: [],
  ...part,
});

describe("import", () => {
  test("a job is followed to its end, and then its span is listed with its holes", async () => {
    const states = [job({}), job({ phase: "building bars", days_done: 1, days_total: 4 })];
    let ended = false;
    server.use(
      http.get(at("/import"), () => {
        const next = states.shift();
        ended = next === undefined;
        return list([next ?? job({ state: "done", rows: 1440, files: [{ missing: 2 }] })]);
      }),
      http.get(at("/import/files"), () =>
        list(
          ended
            ? [
                {
                  name: "BTCUSDT-1m-2025-03.zip",
                  market: "binance-um",
                  symbol: "BTCUSDT",
                  interval: "1m",
                  rows: 1440,
                  whole: true,
                  first: T0,
                  last: T0 + 1441 * MINUTE,
                  holes: [[T0 + 5 * MINUTE, T0 + 6 * MINUTE]],
                  hole_count: 1,
                  missing: 2,
                },
              ]
            : [],
        ),
      ),
    );
    show();
    const bar = await screen.findByRole("progressbar", { name: /Progress of/ });
    expect(bar).toHaveAttribute("value", "25");
    expect(await screen.findByText("1 of 4 days")).toBeVisible();
    expect(await screen.findByText("1,440 rows, 2 missing")).toBeVisible();
    const table = await screen.findByRole("region", { name: "Imported files" });
    expect(within(table).getByText("1 hole, 2 missing")).toBeVisible();
    expect(screen.getByText(/belong to other markets than sim-7/)).toBeVisible();
  });

  test("what the server says of a file it cannot read stands under the form", async () => {
    server.use(http.post(at("/import"), () => problem(422, "notes.csv: is none of zip, gz, csv")));
    show();
    const field = await screen.findByLabelText(/^File of data/);
    await userEvent.upload(field, new File(["x"], "notes.csv"));
    await userEvent.click(screen.getByRole("button", { name: "Import" }));
    await waitFor(() => expect(screen.getByRole("alert")).toHaveTextContent("is none of zip"));
  });
});

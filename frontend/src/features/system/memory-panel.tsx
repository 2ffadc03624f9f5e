import type { SystemStatus } from "@/api/types";
import { ABSENT, bytes, count, duration, fixed } from "@/lib/format";
import { Fact, Value } from "./fact";
import { LoadPanel } from "./load-panel";
import type { Load } from "./use-system";

const size = (value: number | null) => (value === null ? ABSENT : bytes(value));
const number = (value: number | null) => (value === null ? ABSENT : count(value));

function Facts({ process, event_loop, buffers, disk }: SystemStatus) {
  return (
    <dl className="flex flex-col gap-0.5 px-2 py-1.5">
      <Fact name="Memory">
        <Value field="memory_bytes">{size(process.memory_bytes)}</Value>, at most{" "}
        <Value field="peak_memory_bytes">{size(process.peak_memory_bytes)}</Value>
      </Fact>
      <Fact name="Trades in memory">
        <Value field="buffer_ticks">{count(buffers.ticks)}</Value> of{" "}
        <Value field="tick_capacity">{count(buffers.tick_capacity)}</Value>
      </Fact>
      <Fact name="Bytes of trades">
        <Value field="tick_bytes">{bytes(buffers.tick_bytes)}</Value>
      </Fact>
      <Fact name="Bars in memory">
        <Value field="buffer_bars">{count(buffers.bars)}</Value>,{" "}
        <Value field="bar_bytes">{bytes(buffers.bar_bytes)}</Value>
      </Fact>
      <Fact name="Data on the disk">
        <Value field="used_bytes">{size(disk.used_bytes)}</Value>
      </Fact>
      <Fact name="Free there">
        <Value field="free_bytes">{size(disk.free_bytes)}</Value> of{" "}
        <Value field="total_bytes">{size(disk.total_bytes)}</Value>
      </Fact>
      <Fact name="Event loop late, 99 %">
        <Value field="loop_p99_ms">
          {event_loop.p99_ms === null ? ABSENT : `${fixed(event_loop.p99_ms, 1)} ms`}
        </Value>
      </Fact>
      <Fact name="Processor time">
        <Value field="cpu_s">{duration(process.cpu_s)}</Value> in{" "}
        <Value field="uptime_s">{duration(process.uptime_s)}</Value>
      </Fact>
      <Fact name="Open files">
        <Value field="open_files">{number(process.open_files)}</Value> of{" "}
        <Value field="most_open_files">{number(process.most_open_files)}</Value>
      </Fact>
    </dl>
  );
}

/** What the server's process takes: memory, what of it are trades and bars, disk, processor. */
export function MemoryPanel({ load }: { load: Load }) {
  return (
    <LoadPanel title="Memory and buffers" load={load} className="h-55 shrink-0">
      {(data) => <Facts {...data} />}
    </LoadPanel>
  );
}

import { Pause, Play } from "lucide-react";
import type { CSSProperties, KeyboardEvent } from "react";
import { Button } from "@/components/ui/button";
import { useRefusal } from "@/components/ui/permit";
import { Select } from "@/components/ui/select";
import { time, zonedTime } from "@/lib/format";
import { usePreferences } from "@/stores/preferences";
import { type Transport as Controls, useTransport } from "./use-transport";

const MINUTE_MS = 60_000;
const KEY_MS = 10_000;
const DAY_MS = 24 * 3_600_000;
const SPEEDS = [1, 2, 5, 10, 60, 0];

const speedName = (speed: number) => (speed === 0 ? "max" : `${speed}×`);

/** How far a key moves: a film's keys, in time rather than in parts of its length. */
const KEYS: Record<string, number> = {
  ArrowLeft: -KEY_MS,
  ArrowDown: -KEY_MS,
  ArrowRight: KEY_MS,
  ArrowUp: KEY_MS,
  PageDown: -MINUTE_MS,
  PageUp: MINUTE_MS,
};

function Slider({ controls }: { controls: Controls }) {
  const { stands, position, seeking, go, toggle } = controls;
  const zone = usePreferences((value) => value.zone);
  const refused = useRefusal("operator");
  const detail = stands.end - stands.begin < DAY_MS ? "second" : "stamp";
  const done = (100 * (position - stands.begin)) / Math.max(1, stands.end - stands.begin);
  const pressed = (event: KeyboardEvent) => {
    const step = KEYS[event.key];
    if (event.key === " ") toggle();
    else if (step !== undefined) go(position + step);
    else return;
    event.preventDefault();
  };
  return (
    <div className="flex min-w-0 flex-1 items-center gap-2 text-label text-fg-2 max-lg:order-last max-lg:basis-full">
      <span className="whitespace-nowrap">{time(stands.begin, detail, zone)}</span>
      <input
        type="range"
        aria-label="Position in the recording"
        aria-valuetext={zonedTime(position, "full", zone)}
        aria-busy={seeking}
        min={stands.begin}
        max={stands.end}
        step={1}
        value={position}
        disabled={refused !== null}
        title={refused ?? "Arrows: 10 s, Page up and down: 1 min, Space: play or pause"}
        onChange={(event) => go(Number(event.target.value))}
        onKeyDown={pressed}
        style={{ "--done": `${done}%` } as CSSProperties}
        className="h-6 min-w-0 flex-1 cursor-pointer disabled:opacity-50"
      />
      <span className="whitespace-nowrap">{time(stands.end, detail, zone)}</span>
    </div>
  );
}

function Strip({ controls }: { controls: Controls }) {
  const { stands, position, seeking, playing, step, toggle, setSpeed } = controls;
  const zone = usePreferences((value) => value.zone);
  const speeds = SPEEDS.includes(stands.speed) ? SPEEDS : [stands.speed, ...SPEEDS];
  const Icon = playing ? Pause : Play;
  return (
    <>
      <Button
        size="icon"
        needs="operator"
        aria-label={playing ? "Pause" : stands.finished ? "Play again from the beginning" : "Play"}
        onClick={toggle}
      >
        <Icon aria-hidden className="size-3.5" />
      </Button>
      <Button
        look="ghost"
        size="small"
        needs="operator"
        title="Back 1 minute"
        onClick={() => step(-MINUTE_MS)}
      >
        −1 min
      </Button>
      <Button
        look="ghost"
        size="small"
        needs="operator"
        title="Ahead 1 minute"
        onClick={() => step(MINUTE_MS)}
      >
        +1 min
      </Button>
      <Slider controls={controls} />
      <span
        data-testid="replay-position"
        data-position={stands.position}
        data-seeking={seeking}
        className={`w-42 text-right whitespace-nowrap max-lg:ml-auto max-sm:w-34 ${seeking ? "text-fg-3" : "text-fg"}`}
      >
        {zonedTime(position, "stamp", zone)}
      </span>
      <Select
        label="Speed"
        small
        needs="operator"
        value={String(stands.speed)}
        options={speeds.map((speed) => ({ value: String(speed), label: speedName(speed) }))}
        onChange={(speed) => setSpeed(Number(speed))}
      />
    </>
  );
}

/** A recording's controls: play and pause, where it is, how fast. */
export function Transport({ market }: { market: string }) {
  const controls = useTransport(market);
  return controls && <Strip controls={controls} />;
}

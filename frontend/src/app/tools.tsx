import { Keyboard, Moon, Search, Sun } from "lucide-react";
import type { MouseEvent } from "react";
import { Button } from "@/components/ui/button";
import { Select } from "@/components/ui/select";
import { useNarrow } from "@/components/use-narrow";
import { zoneHead } from "@/lib/format";
import { lastAddress, navigate, pageOf, usePath } from "@/stores/location";
import { usePreferences } from "@/stores/preferences";
import { Bell } from "./bell";
import { opened } from "./opened";
import { PAGES } from "./pages";
import { Who } from "./who";

function follow(event: MouseEvent<HTMLAnchorElement>): void {
  // A new tab or window is the browser's business.
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
  event.preventDefault();
  navigate(event.currentTarget.pathname + event.currentTarget.search);
}

/** Links to the pages, always in the same place, the time zone and the theme: at the end of every page's header. */
export function Tools() {
  const path = pageOf(usePath());
  const narrow = useNarrow();
  const { theme, zone, setTheme, setZone } = usePreferences();
  const nextTheme = theme === "dark" ? "light" : "dark";
  const nextZone = zone === "utc" ? "local" : "utc";
  const Icon = theme === "dark" ? Sun : Moon;
  return (
    <div className="flex items-center gap-1 max-lg:order-first max-lg:basis-full lg:ml-auto">
      {narrow && (
        <div className="mr-auto">
          <Select
            label="Page"
            value={path}
            options={PAGES.map((page) => ({ value: page.path, label: page.title }))}
            onChange={(chosen) => navigate(lastAddress(chosen))}
          />
        </div>
      )}
      <nav aria-label="Pages" className="flex items-center gap-1 max-lg:hidden">
        {PAGES.map((page) => (
          <a
            key={page.path}
            href={lastAddress(page.path)}
            onClick={follow}
            aria-current={page.path === path ? "page" : undefined}
            className="flex h-7 items-center rounded-base px-2 whitespace-nowrap text-fg-2 hover:bg-raised hover:text-fg aria-[current]:bg-raised aria-[current]:text-fg"
          >
            {page.title}
          </a>
        ))}
      </nav>
      <Who />
      <Bell />
      <Button
        look="ghost"
        aria-label="Commands, Ctrl K"
        title="Commands (Ctrl K)"
        onClick={() => opened.set("palette")}
      >
        <Search aria-hidden className="size-4" />
        <kbd className="font-sans text-label text-fg-2 max-[1400px]:hidden">Ctrl K</kbd>
      </Button>
      <Button
        look="ghost"
        size="icon"
        className="max-lg:hidden"
        aria-label="Keyboard shortcuts"
        title="Keyboard shortcuts (?)"
        onClick={() => opened.set("help")}
      >
        <Keyboard aria-hidden className="size-4" />
      </Button>
      <Button
        look="ghost"
        // As wide for either: another zone must not move the header's rows.
        className="w-11 px-0"
        aria-label={`Times in ${zoneHead(zone)}; switch to ${zoneHead(nextZone)}`}
        title={`Switch to ${zoneHead(nextZone)}`}
        onClick={() => setZone(nextZone)}
      >
        {zone === "utc" ? "UTC" : "Local"}
      </Button>
      <Button
        look="ghost"
        size="icon"
        aria-label={`Switch to the ${nextTheme} theme`}
        title={`Switch to the ${nextTheme} theme`}
        onClick={() => setTheme(nextTheme)}
      >
        <Icon aria-hidden className="size-4" />
      </Button>
    </div>
  );
}

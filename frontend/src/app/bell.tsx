import { Bell as Icon } from "lucide-react";
import { useState } from "react";
import { lazily } from "@/components/lazily";
import { Button } from "@/components/ui/button";
import { Popover } from "@/components/ui/popover";
import { plural } from "@/lib/words";
import { useUnread } from "@/stores/alerts";

const BellList = lazily(() => import("./bell-list").then((module) => module.BellList));
const MOST_COUNTED = 99;

/** How many alerts were not looked at yet; opens the newest ones. */
export function Bell() {
  const [open, setOpen] = useState(false);
  const unread = useUnread();
  const count = unread.length;
  const text = count > MOST_COUNTED ? `${MOST_COUNTED}+` : String(count);
  return (
    <Popover
      label="Alerts"
      open={open}
      onOpenChange={setOpen}
      trigger={
        <Button
          look="ghost"
          size="icon"
          className="relative"
          data-testid="bell"
          data-unread={count}
          aria-label={count === 0 ? "Alerts" : `Alerts, ${plural(count, "new one")}`}
          title="Alerts"
        >
          <Icon aria-hidden className="size-4" />
          {count > 0 && (
            <span
              aria-hidden
              className="absolute -top-0.5 -right-1 min-w-4 rounded-full bg-primary px-1 text-center text-label leading-4 text-on-primary"
            >
              {text}
            </span>
          )}
        </Button>
      }
    >
      <BellList unread={unread} onClose={() => setOpen(false)} />
    </Popover>
  );
}

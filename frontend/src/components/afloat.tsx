import type { ReactNode } from "react";
import { classNames } from "@/lib/class-names";

type Props = {
  /** Above the buttons of a form at the page's foot. */
  lifted?: boolean;
  children: ReactNode;
};

/**
 * Lays over the page's lower corner what comes and goes by itself, so that nothing moves; nothing is there while its
 * children show nothing. There are the ends of charts and lists, and no controls; app.css lets a phone's page scroll past
 * it and keeps the focus in view.
 */
export function Afloat({ lifted = false, children }: Props) {
  return (
    <div
      data-afloat=""
      className={classNames(
        "fixed right-2 left-2 z-30 flex max-w-120 flex-col gap-1 *:shadow-lg max-lg:bottom-2",
        lifted ? "bottom-13" : "bottom-8",
      )}
    >
      {children}
    </div>
  );
}

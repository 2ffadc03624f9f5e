import { cva, type VariantProps } from "class-variance-authority";
import type { ComponentProps } from "react";
import type { Role } from "@/lib/roles";
import { useRefusal } from "./permit";

const button = cva(
  "inline-flex items-center justify-center gap-1.5 rounded-base whitespace-nowrap text-body disabled:opacity-50",
  {
    variants: {
      look: {
        plain: "border border-control bg-card text-fg hover:bg-raised",
        primary:
          "border border-primary bg-primary text-on-primary font-medium enabled:hover:bg-primary-hover",
        ghost: "text-fg-2 hover:bg-raised hover:text-fg",
      },
      size: { normal: "h-7 px-2.5", small: "h-6 px-1.5 text-label", icon: "size-7", tool: "size-6" },
    },
    defaultVariants: { look: "plain", size: "normal" },
  },
);

type Props = ComponentProps<"button"> &
  VariantProps<typeof button> & {
    /** The least role that may press it; whoever may not finds it disabled, and why. */
    needs?: Role;
  };

export function Button({ look, size, className, needs, ...rest }: Props) {
  const refused = useRefusal(needs);
  const barred = refused === null ? {} : { disabled: true, title: refused };
  return <button type="button" className={button({ look, size, className })} {...rest} {...barred} />;
}

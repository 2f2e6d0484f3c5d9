import { type ReactElement, type ReactNode, cloneElement, useId } from "react";

interface TooltipProps {
  text: ReactNode;
  side?: "top" | "bottom";
  align?: "center" | "end";
  children: ReactElement<{ "aria-describedby"?: string }>;
}

/** Says more about its child while that has the pointer or the focus. */
export function Tooltip({ text, side = "top", align = "center", children }: TooltipProps) {
  const id = useId();
  if (!text) return children;
  const vertical = side === "top" ? "bottom-full mb-1.5" : "top-full mt-1.5";
  const horizontal = align === "center" ? "left-1/2 -translate-x-1/2" : "right-0";
  return (
    <span data-slot="tooltip" className="group/tip relative inline-flex">
      {cloneElement(children, { "aria-describedby": id })}
      <span
        id={id}
        role="tooltip"
        className={`pointer-events-none invisible absolute z-40 w-max max-w-60 rounded-md bg-primary px-2.5 py-1.5 text-left text-xs font-normal whitespace-normal text-primary-foreground shadow-(--shadow-pop) group-focus-within/tip:visible group-hover/tip:visible ${vertical} ${horizontal}`}
      >
        {text}
      </span>
    </span>
  );
}

import type { ReactElement } from "react";
import { cloneElement } from "react";
import { Tooltip } from "./ui/tooltip";

interface AllowedProps {
  /** Why it cannot be done now; null where it can. */
  reason: string | null | undefined;
  align?: "center" | "end";
  children: ReactElement<{ "aria-disabled"?: boolean; "aria-describedby"?: string; onClick?: unknown }>;
}

/** A control that stays reachable where it cannot be used, and says why. */
export function Allowed({ reason, align = "center", children }: AllowedProps) {
  if (!reason) return children;
  return (
    <Tooltip text={reason} align={align}>
      {cloneElement(children, { "aria-disabled": true, onClick: undefined })}
    </Tooltip>
  );
}

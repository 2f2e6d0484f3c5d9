import { Check, Copy, X } from "lucide-react";
import { useEffect, useState } from "react";
import { asProblem } from "@/api/problem";
import { Button } from "./button";

interface CopyButtonProps {
  /** What is copied; a function where it has to be fetched first. */
  text: string | (() => Promise<string>);
  label: string;
  /** Shows the label instead of only the icon. */
  wide?: boolean;
  className?: string;
}

type Outcome = { copied: true } | { copied: false; why: string };

const NOT_ALLOWED = "The browser does not let this page copy. Select the text and copy it by hand.";
/** How long it is said that something was copied, and why something was not. */
const SAID = { good: 1600, bad: 8000 };

async function copy(text: CopyButtonProps["text"]): Promise<Outcome> {
  let whole: string;
  try {
    whole = typeof text === "string" ? text : await text();
  } catch (error) {
    const { message, requestId } = asProblem(error);
    return { copied: false, why: requestId ? `${message} (request ${requestId})` : message };
  }
  return navigator.clipboard.writeText(whole).then(
    () => ({ copied: true }),
    () => ({ copied: false, why: NOT_ALLOWED }),
  );
}

export function CopyButton({ text, label, wide = false, className }: CopyButtonProps) {
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  useEffect(() => {
    if (!outcome) return;
    const timer = setTimeout(() => setOutcome(null), outcome.copied ? SAID.good : SAID.bad);
    return () => clearTimeout(timer);
  }, [outcome]);
  const icon = outcome === null ? <Copy /> : outcome.copied ? <Check className="text-good" /> : <X className="text-bad" />;
  return (
    <Button
      variant={wide ? "outline" : "ghost"}
      size={wide ? "sm" : "icon"}
      className={className}
      aria-label={wide ? undefined : label}
      title={wide ? undefined : label}
      onClick={() => void copy(text).then(setOutcome)}
    >
      {icon}
      {wide ? label : null}
      <span className="sr-only" aria-live="polite">
        {outcome?.copied ? "Copied" : ""}
      </span>
      {outcome?.copied === false ? (
        <span role="alert" className="absolute top-full right-0 z-40 mt-1 w-max max-w-60 rounded-md border border-bad/30 bg-raised px-2.5 py-1.5 text-left text-xs font-normal whitespace-normal text-bad shadow-(--shadow-pop) wrap-anywhere">
          {outcome.why}
        </span>
      ) : null}
    </Button>
  );
}

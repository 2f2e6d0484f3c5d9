import { Check, Copy } from "lucide-react";
import { useState } from "react";
import { toastProblem } from "@/components/toast-problem";
import { Button } from "./button";
import { toast } from "./toaster";

interface CopyButtonProps {
  /** What is copied; a function where it has to be fetched first. */
  text: string | (() => Promise<string>);
  label: string;
  /** Shows the label instead of only the icon. */
  wide?: boolean;
  className?: string;
}

export function CopyButton({ text, label, wide = false, className }: CopyButtonProps) {
  const [copied, setCopied] = useState(false);
  async function copy() {
    let whole: string;
    try {
      whole = typeof text === "string" ? text : await text();
    } catch (error) {
      toastProblem(error);
      return;
    }
    try {
      await navigator.clipboard.writeText(whole);
      setCopied(true);
      setTimeout(() => setCopied(false), 1600);
    } catch {
      toast("The browser does not let this page copy. Select the text and copy it by hand.", { tone: "bad" });
    }
  }
  const icon = copied ? <Check className="text-good" /> : <Copy />;
  return (
    <Button variant={wide ? "outline" : "ghost"} size={wide ? "sm" : "icon"} className={className} aria-label={wide ? undefined : label} title={wide ? undefined : label} onClick={copy}>
      {icon}
      {wide ? label : null}
      <span className="sr-only" aria-live="polite">
        {copied ? "Copied" : ""}
      </span>
    </Button>
  );
}

import { cn } from "@/lib/cn";
import { CopyButton } from "./copy-button";

interface CodeBlockProps {
  code: string;
  label: string;
  /** What is copied where it differs from what is shown, such as a password that is masked. */
  copies?: string | (() => Promise<string>);
  className?: string;
}

export function CodeBlock({ code, label, copies, className }: CodeBlockProps) {
  return (
    <div data-slot="code-block" className={cn("group relative rounded-lg border bg-muted/50", className)}>
      {/* Scrolls by itself, so it takes the focus: a keyboard must be able to scroll it. */}
      <pre tabIndex={0} aria-label={label} role="region" className="overflow-x-auto p-3.5 pr-12 font-mono text-[0.8125rem] leading-relaxed">
        <code>{code}</code>
      </pre>
      <CopyButton text={copies ?? code} label={`Copy ${label}`} className="absolute top-1.5 right-1.5 bg-muted" />
    </div>
  );
}

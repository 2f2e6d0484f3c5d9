import { cn } from "@/lib/cn";

/** An entry in a log, and the moment that it is at. */
export function Logo({ className }: { className?: string }) {
  return (
    <svg viewBox="0 0 32 32" aria-hidden className={cn("size-6 shrink-0", className)}>
      <rect width="32" height="32" rx="8" fill="#0e6575" />
      <g fill="none" stroke="#fff" strokeWidth="2.4" strokeLinecap="round">
        <path d="M9 11.5h14M9 16h9" />
        <path d="M9 20.5h14" opacity=".55" />
      </g>
      <circle cx="22" cy="16" r="2.2" fill="#7be0c3" />
    </svg>
  );
}

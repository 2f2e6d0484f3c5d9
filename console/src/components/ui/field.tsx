import { type ReactNode, useId } from "react";
import { cn } from "@/lib/cn";

/** What the control of a field must carry, so that label, hint and error belong to it. */
interface Control {
  id: string;
  "aria-describedby": string | undefined;
  "aria-invalid": true | undefined;
}

interface FieldProps {
  label: ReactNode;
  hint?: ReactNode;
  error?: string | undefined;
  className?: string;
  /** The label is said and not shown: where a heading right above shows the same word. */
  quiet?: boolean;
  children: (control: Control) => ReactNode;
}

export function Field({ label, hint, error, className, quiet = false, children }: FieldProps) {
  const id = useId();
  const described = [hint ? `${id}-hint` : null, error ? `${id}-error` : null].filter(Boolean).join(" ");
  return (
    <div data-slot="field" className={cn("grid content-start gap-1.5", className)}>
      <label htmlFor={id} className={quiet ? "sr-only" : "text-[0.8125rem] font-medium"}>
        {label}
      </label>
      {children({ id, "aria-describedby": described || undefined, "aria-invalid": error ? true : undefined })}
      {error ? (
        <p id={`${id}-error`} role="alert" className="text-[0.8125rem] text-bad first-letter:uppercase">
          {error}
        </p>
      ) : null}
      {hint ? (
        <p id={`${id}-hint`} className="text-[0.8125rem] text-muted-foreground">
          {hint}
        </p>
      ) : null}
    </div>
  );
}

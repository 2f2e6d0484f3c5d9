import { X } from "lucide-react";
import { type ComponentProps, type ReactNode, useEffect, useId, useRef } from "react";
import { cn } from "@/lib/cn";
import { Button } from "./button";

interface DialogProps {
  open: boolean;
  onClose: () => void;
  title: ReactNode;
  description?: ReactNode;
  className?: string;
  /** Slides in from the side instead of standing in the middle. */
  side?: "left" | "right";
  children: ReactNode;
}

/** The browser's modal dialog: it holds the focus, closes on Escape and hands the focus back to where it was. */
export function Dialog({ open, onClose, title, description, className, side, children }: DialogProps) {
  const ref = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const dialog = ref.current;
    if (!dialog || !open) return;
    const before = document.activeElement;
    dialog.showModal();
    return () => {
      dialog.close();
      // The browser does this only if the dialog is still in the document.
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, [open]);
  if (!open) return null;
  return (
    <dialog
      ref={ref}
      data-slot="dialog"
      aria-labelledby={`${id}-title`}
      aria-describedby={description ? `${id}-description` : undefined}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onMouseDown={(event) => {
        if (event.target === event.currentTarget) onClose();
      }}
      className={cn(
        "m-auto w-[min(32rem,calc(100vw-1.5rem))] overflow-visible overscroll-contain border bg-raised p-0 shadow-(--shadow-pop) backdrop:bg-black/45 dark:backdrop:bg-black/60",
        side
          ? "my-0 h-dvh max-h-dvh w-[min(20rem,88vw)] overflow-y-auto"
          : "max-h-[calc(100dvh-2rem)] animate-rise overflow-y-auto rounded-xl",
        side === "left" && "ml-0",
        side === "right" && "mr-0",
        className,
      )}
    >
      <div className="grid gap-4 p-5">
        <div className="grid gap-1 pr-8">
          <h2 id={`${id}-title`} className="text-base font-semibold">
            {title}
          </h2>
          {description ? (
            <p id={`${id}-description`} className="text-muted-foreground">
              {description}
            </p>
          ) : null}
        </div>
        {children}
      </div>
      <Button variant="ghost" size="icon" aria-label="Close" className="absolute top-3 right-3" onClick={onClose}>
        <X />
      </Button>
    </dialog>
  );
}

export function DialogFooter({ className, ...props }: ComponentProps<"div">) {
  return (
    <div
      data-slot="dialog-footer"
      className={cn("flex flex-col-reverse gap-2 pt-1 sm:flex-row sm:justify-end", className)}
      {...props}
    />
  );
}

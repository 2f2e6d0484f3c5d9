import { type ComponentProps, type KeyboardEvent, type ReactElement, type ReactNode, cloneElement, useId, useRef } from "react";
import { cn } from "@/lib/cn";

interface TriggerProps {
  id?: string;
  popoverTarget?: string;
  "aria-haspopup"?: "menu";
}

interface MenuProps {
  trigger: ReactElement<TriggerProps>;
  label: string;
  align?: "start" | "end";
  className?: string;
  children: ReactNode;
}

const GAP = 6;
const items = (menu: HTMLElement) => [...menu.querySelectorAll<HTMLElement>('[role^="menuitem"]:not([aria-disabled="true"])')];

/** Puts the menu at its trigger: below it, or above where there is more room. */
function place(menu: HTMLElement, trigger: HTMLElement, align: "start" | "end"): void {
  const at = trigger.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = menu;
  const left = align === "end" ? at.right - width : at.left;
  const below = at.bottom + GAP + height <= innerHeight || at.top < innerHeight / 2;
  menu.style.left = `${Math.max(8, Math.min(left, document.documentElement.clientWidth - width - 8))}px`;
  menu.style.top = `${below ? at.bottom + GAP : Math.max(8, at.top - GAP - height)}px`;
}

/** Arrows, Home, End and letters move; Tab leaves. */
function move(event: KeyboardEvent<HTMLDivElement>) {
  const all = items(event.currentTarget);
  const now = all.indexOf(document.activeElement as HTMLElement);
  const letter = event.key.length === 1 ? event.key.toLowerCase() : null;
  const byLetter = () => all.findIndex((item, index) => index > now && item.textContent?.trim().toLowerCase().startsWith(letter ?? ""));
  const next =
    event.key === "ArrowDown" ? (now + 1) % all.length
    : event.key === "ArrowUp" ? (now - 1 + all.length) % all.length
    : event.key === "Home" ? 0
    : event.key === "End" ? all.length - 1
    : letter && letter !== " " ? byLetter()
    : -1;
  if (event.key === "Tab") event.currentTarget.hidePopover();
  if (next < 0) return;
  event.preventDefault();
  all[next]?.focus();
}

/** A menu in the browser's own popover: top layer, closes on Escape and on a press beside it. */
export function Menu({ trigger, label, align = "start", className, children }: MenuProps) {
  const id = useId();
  const ref = useRef<HTMLDivElement>(null);
  const opener = () => document.getElementById(`${id}-trigger`);

  function opened(isOpen: boolean) {
    const [menu, button] = [ref.current, opener()];
    if (!menu || !button) return;
    button.setAttribute("aria-expanded", String(isOpen));
    if (!isOpen) return;
    place(menu, button, align);
    items(menu)[0]?.focus();
  }

  return (
    <>
      {cloneElement(trigger, { id: `${id}-trigger`, popoverTarget: `${id}-menu`, "aria-haspopup": "menu" })}
      <div
        ref={ref}
        id={`${id}-menu`}
        data-slot="menu"
        popover="auto"
        role="menu"
        aria-label={label}
        tabIndex={-1}
        onToggle={(event) => opened(event.newState === "open")}
        onKeyDown={move}
        onClick={(event) => {
          if ((event.target as HTMLElement).closest('[role^="menuitem"]')) ref.current?.hidePopover();
        }}
        className={cn("fixed inset-auto m-0 min-w-52 rounded-lg border bg-raised p-1 text-foreground shadow-(--shadow-pop)", className)}
      >
        {children}
      </div>
    </>
  );
}

const menuItemClasses =
  "flex min-h-8 w-full items-center gap-2.5 rounded-md px-2.5 py-1 text-left text-[0.8125rem] outline-none hover:bg-muted focus:bg-muted aria-disabled:opacity-50 [&_svg]:size-4 [&_svg]:text-muted-foreground";

export function MenuItem({ className, ...props }: ComponentProps<"button">) {
  return <button data-slot="menu-item" type="button" role="menuitem" tabIndex={-1} className={cn(menuItemClasses, className)} {...props} />;
}

export function MenuRadio({ checked, children, ...props }: ComponentProps<"button"> & { checked: boolean }) {
  return (
    <button data-slot="menu-radio" type="button" role="menuitemradio" aria-checked={checked} tabIndex={-1} className={menuItemClasses} {...props}>
      {children}
      <span aria-hidden className={cn("ml-auto size-1.5 rounded-full", checked && "bg-accent")} />
    </button>
  );
}

export function MenuSeparator() {
  return <hr data-slot="menu-separator" className="-mx-1 my-1 border-t" />;
}

export function MenuLabel({ className, ...props }: ComponentProps<"p">) {
  return <p data-slot="menu-label" className={cn("px-2.5 pt-1.5 pb-1 text-xs text-muted-foreground", className)} {...props} />;
}

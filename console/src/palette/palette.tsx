import { type KeyboardEvent, useEffect, useId, useMemo, useRef, useState } from "react";
import { cn } from "@/lib/cn";
import { Search } from "lucide-react";
import { Kbd } from "@/components/ui/kbd";
import { ranked } from "./rank";
import { useCommands } from "./commands";

interface PaletteProps {
  onClose: () => void;
  onShortcuts: () => void;
}

/** Everything that can be reached or done, by typing a part of its name. */
export default function Palette({ onClose, onShortcuts }: PaletteProps) {
  const ref = useRef<HTMLDialogElement>(null);
  const id = useId();
  const [text, setText] = useState("");
  const [active, setActive] = useState(0);
  const commands = useCommands(onShortcuts);
  const shown = useMemo(() => ranked(commands, text).slice(0, 40), [commands, text]);
  useEffect(() => {
    const dialog = ref.current;
    const before = document.activeElement;
    dialog?.showModal();
    return () => {
      dialog?.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  const current = shown[active] ?? shown[0];
  const run = (command: (typeof shown)[number] | undefined) => {
    if (!command) return;
    onClose();
    // Behind the dialog's end, so that the focus goes where the command leads.
    setTimeout(command.run);
  };
  const onKey = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined && shown.length > 0) {
      event.preventDefault();
      const next = (active + step + shown.length) % shown.length;
      setActive(next);
      document.getElementById(`${id}-${shown[next]?.id}`)?.scrollIntoView({ block: "nearest" });
    } else if (event.key === "Enter") {
      event.preventDefault();
      run(current);
    }
  };
  return (
    <dialog
      ref={ref}
      data-slot="palette"
      aria-label="Search and commands"
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onMouseDown={(event) => {
        if (event.target === event.currentTarget) onClose();
      }}
      className="mx-auto mt-[12dvh] mb-auto w-[min(36rem,calc(100vw-1.5rem))] animate-rise overflow-hidden overscroll-contain rounded-xl border bg-raised p-0 shadow-(--shadow-pop) backdrop:bg-black/45"
    >
      <div className="flex items-center gap-2.5 border-b px-4">
        <Search aria-hidden className="size-4 text-muted-foreground" />
        <input
          // The palette is opened to type.
          autoFocus
          role="combobox"
          aria-label="Search and commands"
          aria-expanded="true"
          aria-controls={`${id}-list`}
          aria-activedescendant={current ? `${id}-${current.id}` : undefined}
          autoComplete="off"
          spellCheck={false}
          placeholder="Go to, create, copy, switch …"
          value={text}
          onChange={(event) => {
            setText(event.target.value);
            setActive(0);
          }}
          onKeyDown={onKey}
          className="h-12 min-w-0 flex-1 bg-transparent text-[0.9375rem] outline-none placeholder:text-muted-foreground"
        />
        <Kbd>Esc</Kbd>
      </div>
      <div role="listbox" id={`${id}-list`} aria-label="Results" className="max-h-[min(50dvh,24rem)] overflow-y-auto overscroll-contain p-1.5">
        {shown.map((command, index) => (
          // The keys are the input's; the pointer is a second way.
          <div
            key={command.id}
            id={`${id}-${command.id}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === active}
            onPointerMove={() => setActive(index)}
            onClick={() => run(command)}
            onKeyDown={onKey}
            className={cn("flex h-9 cursor-pointer items-center gap-2.5 rounded-md px-2.5 [&_svg]:size-4 [&_svg]:shrink-0 [&_svg]:text-muted-foreground", index === active && "bg-muted")}
          >
            {command.icon}
            <span className="min-w-0 flex-1 truncate">{command.label}</span>
            {command.hint ? <span className="truncate text-xs text-muted-foreground">{command.hint}</span> : null}
            {command.keys ? (
              <span className="flex gap-1 max-sm:hidden">
                {command.keys.split(" ").map((key) => (
                  <Kbd key={key}>{key}</Kbd>
                ))}
              </span>
            ) : null}
          </div>
        ))}
        {shown.length === 0 ? <p className="px-2.5 py-6 text-center text-muted-foreground">Nothing is called so.</p> : null}
      </div>
    </dialog>
  );
}

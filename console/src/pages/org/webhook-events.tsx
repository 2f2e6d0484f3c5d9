import { useEffect, useId, useRef, useState } from "react";
import { EVENT_GROUPS } from "@/lib/events";

interface WebhookEventsProps {
  chosen: readonly string[];
  error: string | undefined;
}

const KNOWN: ReadonlySet<string> = new Set(EVENT_GROUPS.flatMap(({ kinds }) => kinds.map(([type]) => type)));

/** What a webhook is told of: everything that matters, or chosen kinds. Its value is in the form's field `events`. */
export function WebhookEvents({ chosen: before, error }: WebhookEventsProps) {
  const id = useId();
  const [everything, setEverything] = useState(before.length === 0);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set(before));
  const unknown = before.filter((type) => !KNOWN.has(type)).map((type) => [type, type] as const);
  const groups = unknown.length === 0 ? EVENT_GROUPS : [...EVENT_GROUPS, { title: "Others", kinds: unknown }];
  const toggle = (type: string) => setChosen((now) => new Set(now.has(type) ? [...now].filter((one) => one !== type) : [...now, type]));
  return (
    <fieldset className="grid gap-2" aria-describedby={error ? `${id}-error` : undefined}>
      <legend className="mb-1.5 text-[0.8125rem] font-medium">Events</legend>
      <input type="hidden" name="events" value={everything ? "" : [...chosen].join(" ")} />
      <Choice name={id} checked={everything} onChoose={() => setEverything(true)} label="Everything but single steps" />
      <Choice name={id} checked={!everything} onChoose={() => setEverything(false)} label="Chosen kinds" />
      {everything ? null : (
        <div className="grid max-h-64 gap-4 overflow-y-auto rounded-md border px-3.5 py-3" tabIndex={0} role="region" aria-label="Kinds of events">
          {groups.map(({ title, kinds }, index) => (
            <Group key={title} title={title} kinds={kinds} chosen={chosen} onToggle={toggle} missing={index === 0 && chosen.size === 0} />
          ))}
        </div>
      )}
      {error ? (
        <p id={`${id}-error`} role="alert" className="text-[0.8125rem] text-bad">
          {error}
        </p>
      ) : null}
    </fieldset>
  );
}

interface ChoiceProps {
  name: string;
  checked: boolean;
  onChoose: () => void;
  label: string;
}

function Choice({ name, checked, onChoose, label }: ChoiceProps) {
  return (
    <label className="flex min-h-6 cursor-pointer items-center gap-2.5">
      <input type="radio" name={name} checked={checked} onChange={onChoose} className="size-4 accent-accent" />
      {label}
    </label>
  );
}

interface GroupProps {
  title: string;
  kinds: ReadonlyArray<readonly [type: string, label: string]>;
  chosen: ReadonlySet<string>;
  onToggle: (type: string) => void;
  /** Nothing is chosen anywhere: the form is not complete. */
  missing: boolean;
}

function Group({ title, kinds, chosen, onToggle, missing }: GroupProps) {
  const first = useRef<HTMLInputElement>(null);
  useEffect(() => first.current?.setCustomValidity(missing ? "Choose at least one kind of event." : ""), [missing]);
  return (
    <fieldset>
      <legend className="mb-1 text-xs font-medium text-muted-foreground">{title}</legend>
      <div className="grid gap-x-4 sm:grid-cols-2">
        {kinds.map(([type, label], index) => (
          <label key={type} title={type} className="flex min-h-7 cursor-pointer items-center gap-2.5 text-[0.8125rem]">
            <input ref={index === 0 ? first : undefined} type="checkbox" checked={chosen.has(type)} onChange={() => onToggle(type)} className="size-4 shrink-0 accent-accent" />
            {label}
          </label>
        ))}
      </div>
    </fieldset>
  );
}

import { type ReactNode, useState } from "react";
import { asName, NAME_RULE } from "@/lib/names";
import { Field } from "./ui/field";
import { Input } from "./ui/input";

interface NameFieldProps {
  /** The name that what was typed comes to. */
  value: string;
  onChange: (name: string) => void;
  error?: string | undefined;
  placeholder?: string;
  /** Beside the field. */
  children?: ReactNode;
}

/** A field for a name. What is typed stays as it was typed; where it is no name yet, the field says which one it becomes. */
export function NameField({ value, onChange, error, placeholder, children }: NameFieldProps) {
  const [typed, setTyped] = useState(value);
  // Somebody else chose the name, such as a button that suggests one.
  const text = asName(typed) === value ? typed : value;
  const becomes = text !== value;
  const nothing = text.trim() !== "" && value === "" ? "A name needs a letter from a to z." : undefined;
  return (
    <Field
      label="Name"
      error={nothing ?? error}
      hint={
        <span aria-live="polite" className="wrap-anywhere">
          {becomes && value ? (
            <>
              Becomes <code className="rounded-sm bg-muted px-1 py-0.5 font-mono text-foreground">{value}</code>
            </>
          ) : (
            NAME_RULE
          )}
        </span>
      }
    >
      {(control) => (
        <span className="flex max-w-md gap-2">
          <Input
            {...control}
            name="name"
            value={text}
            onChange={(event) => {
              setTyped(event.target.value);
              onChange(asName(event.target.value));
            }}
            required
            autoComplete="off"
            spellCheck={false}
            placeholder={placeholder}
          />
          {children}
        </span>
      )}
    </Field>
  );
}

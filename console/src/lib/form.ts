import type { FormEvent } from "react";

/** Takes a submitted form's texts; `run` gets a function that reads one by its name. */
export const submits = (run: (text: (name: string) => string) => void) => (event: FormEvent<HTMLFormElement>) => {
  event.preventDefault();
  const data = new FormData(event.currentTarget);
  run((name) => {
    const value = data.get(name);
    return typeof value === "string" ? value : "";
  });
};

const STEPS: Record<string, (at: number, count: number) => number> = {
  ArrowUp: (at) => at - 1,
  ArrowDown: (at) => at + 1,
  Home: () => 0,
  End: (_, count) => count - 1,
};

type KeyIn = KeyboardEvent & { currentTarget: HTMLElement };

/** Has the arrow keys, Home and End move the focus between those elements within that match the selector. */
export const walkBetween =
  (selector: string) =>
  (event: KeyIn): void => {
    const step = STEPS[event.key];
    const { target } = event;
    if (step === undefined || !(target instanceof HTMLElement) || !target.matches(selector)) return;
    const stops = [...event.currentTarget.querySelectorAll<HTMLElement>(selector)];
    event.preventDefault();
    stops[step(stops.indexOf(target), stops.length)]?.focus();
  };

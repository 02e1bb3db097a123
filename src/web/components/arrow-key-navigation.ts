const STEPS: Record<string, (at: number, count: number) => number> = {
  ArrowUp: (at) => at - 1,
  ArrowDown: (at) => at + 1,
  Home: () => 0,
  End: (_, count) => count - 1,
};

type ListKeyEvent = KeyboardEvent & { currentTarget: HTMLElement };

/** Returns a key handler: the arrow keys, Home and End move the focus between the elements that match the selector. */
export const arrowKeyNavigation =
  (selector: string) =>
  (event: ListKeyEvent): void => {
    const step = STEPS[event.key];
    const { target } = event;
    if (step === undefined || !(target instanceof HTMLElement) || !target.matches(selector)) return;
    const elements = [...event.currentTarget.querySelectorAll<HTMLElement>(selector)];
    event.preventDefault();
    elements[step(elements.indexOf(target), elements.length)]?.focus();
  };

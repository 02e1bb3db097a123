const STEPS: Record<string, (at: number, count: number) => number> = {
  ArrowUp: (at) => at - 1,
  ArrowDown: (at) => at + 1,
  Home: () => 0,
  End: (_, count) => count - 1,
};

/** Arrow keys go from one message's button to the next one's: Tab meets only one of them, however many there are. */
export function moveBetweenMessages(event: KeyboardEvent & { currentTarget: HTMLElement }): void {
  const step = STEPS[event.key];
  const { target } = event;
  if (step === undefined || !(target instanceof HTMLElement) || !target.matches('.message-more')) return;
  const buttons = [...event.currentTarget.querySelectorAll<HTMLElement>('.message-more')];
  const next = buttons[step(buttons.indexOf(target), buttons.length)];
  event.preventDefault();
  next?.focus();
}

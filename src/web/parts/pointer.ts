/** Whether the page is most likely used with a keyboard: opening one on a screen hides half of the page. */
export const hasKeyboard = (): boolean => matchMedia('(hover: hover) and (pointer: fine)').matches;

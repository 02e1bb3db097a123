/** Whether the page is probably used with a keyboard: an on-screen keyboard would cover half of it. */
export const hasKeyboard = (): boolean => matchMedia('(hover: hover) and (pointer: fine)').matches;

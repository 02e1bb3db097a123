/** Where the server shows the letters that it would send; empty where they are really sent. */
export const outboxAddress = document.querySelector<HTMLMetaElement>('meta[name="mmchat-outbox"]')?.content ?? '';

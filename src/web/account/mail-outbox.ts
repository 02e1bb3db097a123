/** Where a development server shows the e-mails that it would send; empty if e-mails are really sent. */
export const mailOutboxUrl = document.querySelector<HTMLMetaElement>('meta[name="mmchat-outbox"]')?.content ?? '';

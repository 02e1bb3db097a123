/** What went wrong with a form, read out when it appears. */
export function Problem({ text }: { text: string | undefined }) {
  return (
    <div role="alert" class="problem">
      {text}
    </div>
  );
}

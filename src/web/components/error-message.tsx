/** The error of a form, announced when it appears. */
export function ErrorMessage({ text }: { text: string | undefined }) {
  return (
    <div role="alert" class="error-message">
      {text}
    </div>
  );
}

/**
 * The users who are typing; empty, it keeps its height. Not announced to screen readers: it would interrupt the
 * messages.
 */
export function TypingIndicator({ typing }: { typing: readonly { id: number; username: string }[] }) {
  return (
    <p class="typing">
      {typing.length > 0 && (
        <>
          <span class="dots" aria-hidden="true">
            <i />
            <i />
            <i />
          </span>
          {sentence(typing.map(({ username }) => username))}
        </>
      )}
    </p>
  );
}

function sentence([first = '', second, ...others]: readonly string[]): string {
  if (second === undefined) return `${first} is typing…`;
  return others.length === 0 ? `${first} and ${second} are typing…` : 'Several people are typing…';
}

/** Who is writing; its place is kept while nobody is. Not read out: it would talk over the messages. */
export function TypingLine({ typing }: { typing: readonly { id: number; username: string }[] }) {
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

import type { Chat } from 'mmchat-client';
import { useEffect, useState } from 'preact/hooks';
import { useReadable } from './use-readable.ts';

/** What passes more quickly than this is not worth a word. */
const PATIENCE_MS = 600;
const SECOND_MS = 1_000;

/** Says when the page is not connected, and when it tries again; nothing otherwise. */
export function ConnectionBar({ chat }: { chat: Chat }) {
  const { state, retryAt, behind } = useReadable(chat.status);
  const text = textOf(state, behind);
  const shown = useHeld(text);
  const waiting = state === 'waiting';
  const seconds = useSecondsTo(waiting ? retryAt : undefined);
  return (
    <div class="connection" role="status">
      {shown !== '' && (
        <p>
          <span class={waiting ? 'pulse still' : 'pulse'} aria-hidden="true" />
          {shown}
          {/* not read out: it changes every second */}
          {seconds !== undefined && <span aria-hidden="true"> Trying again in {seconds} s.</span>}{' '}
          {waiting && (
            <button type="button" class="link" onClick={() => chat.reconnectNow()}>
              Try now
            </button>
          )}
        </p>
      )}
    </div>
  );
}

function textOf(state: string, behind: boolean): string {
  if (state === 'waiting') return 'Not connected. What you write is sent later.';
  if (state === 'connecting') return 'Connecting…';
  return state === 'online' && behind ? 'Catching up…' : '';
}

/** The text, once it has stayed for a while; its end at once. */
function useHeld(text: string): string {
  const [held, setHeld] = useState('');
  useEffect(() => {
    if (text === '') return setHeld('');
    const timer = setTimeout(() => setHeld(text), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return text === '' ? '' : held;
}

function useSecondsTo(moment: number | undefined): number | undefined {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (moment === undefined) return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), SECOND_MS);
    return () => clearInterval(timer);
  }, [moment]);
  return moment === undefined ? undefined : Math.max(0, Math.ceil((moment - now) / SECOND_MS));
}

import type { Chat } from 'mmchat-client';
import { useEffect, useState } from 'preact/hooks';
import { useStore } from './use-store.ts';

/** Shorter interruptions are not shown. */
const SHOW_AFTER_MS = 600;
const SECOND_MS = 1_000;

/** Shows when the page is not connected, and when it tries again; nothing otherwise. */
export function ConnectionBar({ chat }: { chat: Chat }) {
  const { state, retryAt, behind } = useStore(chat.status);
  const text = textOf(state, behind);
  const shown = useDelayed(text);
  const waiting = state === 'waiting';
  const seconds = useSecondsUntil(waiting ? retryAt : undefined);
  return (
    <div class="connection" role="status">
      {shown !== '' && (
        <p>
          <span class={waiting ? 'pulse paused' : 'pulse'} aria-hidden="true" />
          {shown}
          {/* hidden from screen readers: it changes every second */}
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
  return state === 'online' && behind ? 'Updating…' : '';
}

/** The text, once it has been constant for a while; its end at once. */
function useDelayed(text: string): string {
  const [delayed, setDelayed] = useState('');
  useEffect(() => {
    if (text === '') return setDelayed('');
    const timer = setTimeout(() => setDelayed(text), SHOW_AFTER_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return text === '' ? '' : delayed;
}

function useSecondsUntil(time: number | undefined): number | undefined {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (time === undefined) return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), SECOND_MS);
    return () => clearInterval(timer);
  }, [time]);
  return time === undefined ? undefined : Math.max(0, Math.ceil((time - now) / SECOND_MS));
}

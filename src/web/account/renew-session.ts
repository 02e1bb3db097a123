import { account } from 'mmchat-client';

const MIN_INTERVAL_MS = 60_000;
const MAX_INTERVAL_MS = 3_600_000;

/**
 * Renews the session while the page is open, over HTTP: a socket cannot set a cookie.
 * @returns a function that stops it
 */
export function renewSession(): () => void {
  let timer = 0;
  let stopped = false;
  const renew = async () => {
    const leftMs = await account()
      .renew()
      .then(
        ({ expires_at }) => Date.parse(expires_at) - Date.now(),
        () => 0, // retried later; if the session has ended, the connection reports it
      );
    // often enough even if this clock is wrong
    if (!stopped) timer = window.setTimeout(renew, Math.min(MAX_INTERVAL_MS, Math.max(MIN_INTERVAL_MS, leftMs / 2)));
  };
  void renew();
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}

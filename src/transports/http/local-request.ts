import type { IncomingMessage } from 'node:http';

const LOOPBACK = /^(?:::ffff:)?127\.|^::1$/;
/** A web page can point a name of its own at this machine; its requests then have another `Host` than these. */
const LOCAL_HOST = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?$/i;
/** Headers by which a proxy forwards another client's request. */
const FORWARDED = ['forwarded', 'via', 'x-real-ip', 'true-client-ip', 'cf-connecting-ip'];

/**
 * Whether a request comes from this machine itself, under a name of this machine, and not through a proxy that runs on it.
 * A proxy that does not name its client, as nginx by default, speaks HTTP/1.0.
 */
export function isLocalRequest({ socket, headers, httpVersion }: IncomingMessage): boolean {
  const isForwarded = FORWARDED.some((name) => name in headers) || Object.keys(headers).some(isForwardedHeader);
  return (
    LOOPBACK.test(socket.remoteAddress ?? '') &&
    LOCAL_HOST.test(headers.host ?? '') &&
    httpVersion !== '1.0' &&
    !isForwarded
  );
}

const isForwardedHeader = (name: string) => name.startsWith('x-forwarded');

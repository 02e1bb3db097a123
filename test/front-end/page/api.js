const server = new URLSearchParams(location.search).get('api');

/** Calls the API with the cookie, as the published documents say. */
export async function call(method, path, body) {
  const response = await fetch(`${server}/api${path}`, {
    method,
    credentials: 'include',
    ...(body !== undefined && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(`${response.status} ${answer.error}`);
  return answer;
}

const RETRY_MS = 200;

/** A WebSocket that is opened again whenever it closes. */
export function connect(handlers) {
  let socket;
  let stopped = false;
  const open = () => {
    socket = new WebSocket(`${server.replace('http', 'ws')}/api/ws`);
    socket.onopen = () => handlers.connected(true);
    socket.onmessage = ({ data }) => {
      const { type, ...event } = JSON.parse(data);
      handlers[type]?.(event);
    };
    socket.onclose = () => {
      handlers.connected(false);
      if (!stopped) setTimeout(open, RETRY_MS);
    };
  };
  open();
  return {
    send: (frame) => socket.send(JSON.stringify(frame)),
    stop() {
      stopped = true;
      socket.close();
    },
  };
}

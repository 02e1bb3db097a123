/** The address in the examples, which is replaced by the address of the request when a document is served. */
export const EXAMPLE_HOST = 'localhost:8080';
export const EXAMPLE_ORIGIN = `http://${EXAMPLE_HOST}`;

type ExampleInput = Readonly<Record<string, unknown>>;
type Request = { readonly route: string; readonly input: ExampleInput; readonly isPublic: boolean };

/** A request as a curl command; the token is in the shell variable TOKEN. */
export function curlExample({ route, input, isPublic }: Request): string {
  const [method = '', pattern = ''] = route.split(' ');
  const rest = { ...input };
  const path = pattern.replace(/:(\w+)/g, (_, name: string) => {
    const value = String(rest[name]);
    delete rest[name];
    return value;
  });
  const sent = Object.entries(rest);
  const body = method !== 'GET' && sent.length > 0;
  const lines = [
    `curl ${methodOption(method, body, sent.length > 0)}${EXAMPLE_ORIGIN}${path}`,
    ...(isPublic ? [] : ['-H "Authorization: Bearer $TOKEN"']),
    ...(body ? ["-H 'Content-Type: application/json'", `-d ${quoted(JSON.stringify(rest))}`] : []),
    ...(method === 'GET' ? sent.map(([name, value]) => `--data-urlencode ${quoted(`${name}=${plain(value)}`)}`) : []),
  ];
  return lines.join(' \\\n  ');
}

function methodOption(method: string, body: boolean, anything: boolean): string {
  if (method === 'GET') return anything ? '-G ' : '';
  return method === 'POST' && body ? '' : `-X ${method} `;
}

const plain = (value: unknown) => (typeof value === 'object' ? JSON.stringify(value) : String(value));
const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

/** A call with the client of Socket.IO; `chat` and `presence` are its sockets in the two namespaces. */
export const socketExample = (namespace: string, name: string, input: ExampleInput) =>
  `await ${namespace.slice(1)}.emitWithAck('${name}', ${JSON.stringify(input)})`;

/** A call as a frame of a plain WebSocket. */
export const frameExample = (name: string, input: ExampleInput) => JSON.stringify({ type: name, ref: 1, ...input });

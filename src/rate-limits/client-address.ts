import { isIP, SocketAddress } from 'node:net';

const IPV4_IN_IPV6 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/;
const HEXTETS = 8;
const HEXTETS_OF_A_NETWORK = 4;

/**
 * The canonical form of an IP address as proxies or the system write it: without brackets, port, quotes and zone, in
 * lower case, an IPv4-mapped IPv6 address as IPv4. Undefined for other text.
 */
export function canonicalAddress(text: string): string | undefined {
  const bare = withoutPort(text.trim().replace(/^"(.*)"$/, '$1'));
  const version = isIP(bare);
  if (version !== 6) return version === 4 ? bare : undefined;
  const { address } = new SocketAddress({ address: bare, family: 'ipv6' });
  return IPV4_IN_IPV6.exec(address)?.[1] ?? address;
}

function withoutPort(text: string): string {
  const [, bracketed] = /^\[([^\]]*)\](?::\d{1,5})?$/.exec(text) ?? [];
  if (bracketed !== undefined) return bracketed;
  return text.replace(/^(\d+\.\d+\.\d+\.\d+):\d{1,5}$/, '$1');
}

/**
 * The origin of a client: an IPv4 address, or the /64 from which an IPv6 host picks its addresses.
 * @param address in its canonical form
 */
export const originOf = (address: string): string => (address.includes(':') ? ipv6Network(address) : address);

/**
 * The network of an address: the /24 of IPv4, the /64 of IPv6.
 * @param address in its canonical form
 */
export const networkOf = (address: string): string =>
  address.includes(':') ? ipv6Network(address) : address.replace(/\.\d+$/, '.0/24');

function ipv6Network(address: string): string {
  const [head = '', tail] = address.split('::');
  const [before, after] = [partsOf(head), partsOf(tail ?? '')];
  const zeros = tail === undefined ? 0 : HEXTETS - before.length - after.length;
  const all = [...before, ...Array.from({ length: zeros }, () => '0'), ...after];
  return `${all.slice(0, HEXTETS_OF_A_NETWORK).join(':')}::/64`;
}

/** A dotted IPv4 suffix represents two parts. */
const partsOf = (text: string): string[] =>
  text === '' ? [] : text.split(':').flatMap((part) => (part.includes('.') ? [part, part] : [part]));

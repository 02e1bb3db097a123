import { type Frame, textFrame } from './frame-writer.ts';

/**
 * Turns Socket.IO's event packets into plain JSON frames, without taking the JSON apart:
 * `2/chat,["message",{…}]` becomes `{"type":"message",…}`. A broadcast arrives as the same string once per member, so the
 * last translation is kept. Packets that only matter to Socket.IO give nothing.
 */
export class Translation {
  #packet = '';
  #frame: Frame | undefined;

  frameOf(packet: string): Frame | undefined {
    if (packet === this.#packet) return this.#frame;
    this.#packet = packet;
    const text = translate(packet);
    this.#frame = text === undefined ? undefined : textFrame(text);
    return this.#frame;
  }
}

const EVENT = /^2\/\w+,\["(\w+)",/;

function translate(packet: string): string | undefined {
  const [head, type] = EVENT.exec(packet) ?? [];
  if (head === undefined) return undefined;
  const payload = packet.slice(head.length, -1);
  // told in both namespaces, which are one here
  if (type === 'error' && packet.startsWith('2/presence,')) return undefined;
  if (type === 'error') return `{"type":"error","ok":false,"error":${payload}}`;
  return `{"type":"${type}",${payload.slice(1)}`;
}

import { type Frame, textFrame } from '../frame-writer.ts';

/**
 * Converts Socket.IO's event packets to plain JSON frames, without parsing the JSON:
 * `2/plain,["message",{…}]` becomes `{"type":"message",…}`. A broadcast arrives as the same string once per member, so the
 * last translation is kept.
 */
export class Translation {
  #packet: string | undefined;
  #frame: Frame = [];

  frameOf(packet: string): Frame {
    if (packet === this.#packet) return this.#frame;
    this.#packet = packet;
    this.#frame = textFrame(translate(packet));
    return this.#frame;
  }
}

const EVENT = /^2\/\w+,\["(\w+)",/;

function translate(packet: string): string {
  const [head = '', type = ''] = EVENT.exec(packet) ?? [];
  return frameText(type, packet.slice(head.length, -1));
}

/** @param payload as JSON */
export function frameText(type: string, payload: string): string {
  if (type === 'error') return `{"type":"error","ok":false,"error":${payload}}`;
  return `{"type":"${type}",${payload.slice(1)}`;
}

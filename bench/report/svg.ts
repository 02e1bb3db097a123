/** Colours that are legible on white and on black. */
export const INK = '#7d8590';
export const GOOD = '#2da44e';
export const BAD = '#d1495b';
export const SERIES = ['#3b82f6', '#e08a1e', '#8b5cf6', '#14a098', '#d1495b', '#7a9a01', '#c0569b', '#5f7c8a'];

const FONT = 'system-ui, sans-serif';

const escaped = (text: string) => text.replace(/[<>&"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

type TextOptions = { size?: number; anchor?: 'start' | 'middle' | 'end'; colour?: string; weight?: number };

export function text(x: number, y: number, content: string, options: TextOptions = {}): string {
  const { size = 12, anchor = 'start', colour = INK, weight = 400 } = options;
  return `<text x="${x}" y="${y}" font-size="${size}" text-anchor="${anchor}" fill="${colour}" font-weight="${weight}">${escaped(content)}</text>`;
}

export const bar = (x: number, y: number, width: number, height: number, colour: string) =>
  `<rect x="${x}" y="${y}" width="${Math.max(1, width).toFixed(1)}" height="${height}" rx="2" fill="${colour}"/>`;

export const line = (x1: number, y1: number, x2: number, y2: number, colour = INK, dash = '') =>
  `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" stroke="${colour}"${dash === '' ? '' : ` stroke-dasharray="${dash}"`}/>`;

export function polyline(points: readonly (readonly [number, number])[], colour: string): string {
  const path = points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(' ');
  const dots = points.map(([x, y]) => `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="3" fill="${colour}"/>`);
  return `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"/>${dots.join('')}`;
}

/** A complete picture with a transparent background. */
export const picture = (width: number, height: number, title: string, parts: readonly string[]) =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="${FONT}" role="img" aria-label="${escaped(title)}">
${text(0, 16, title, { size: 14, weight: 600 })}
${parts.join('\n')}
</svg>
`;

/** A Markdown table. Escapes `|` in cells, and `<` and `>` outside code. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(escaped).join(' | ')} |\n`;
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('');
}

function escaped(cell: string): string {
  const parts = cell.replaceAll('|', '\\|').split('`');
  return parts.map((part, index) => (index % 2 === 0 ? part.replace(/[<>]/g, '\\$&') : part)).join('`');
}

/** Paths on a grid of 24 by 24, drawn as strokes. */
const PATHS = {
  back: 'M15 5l-7 7 7 7',
  send: 'M4.5 12h14M12.5 5.5L19 12l-6.5 6.5',
  more: 'M12 5.5v.01M12 12v.01M12 18.5v.01',
  close: 'M6 6l12 12M18 6L6 18',
  search: 'M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13zM15.5 15.5L20 20',
  group:
    'M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM2.5 20c0-3.6 2.9-6 6.5-6s6.5 2.4 6.5 6M16 4.3a3.5 3.5 0 0 1 0 6.5M18 14.4c2.1.8 3.5 2.9 3.5 5.6',
  down: 'M12 5v14M5.5 12.5L12 19l6.5-6.5',
  edit: 'M5 19l.8-3.8L16 5l3 3L8.8 18.2z',
  check: 'M5 12.5l4.5 4.5L19 7.5',
  clock: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 7v5l3.5 2',
  failed: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 7.5v5M12 16.2v.01',
  checks: 'M2 12.5l4.5 4.5L15 8M11 15.5l1.5 1.5L21.5 8',
  info: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 11v5.5M12 7.7v.01',
} as const;
export type IconName = keyof typeof PATHS;

/** An icon next to a text with the same meaning. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}

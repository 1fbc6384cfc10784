// Icons: strokes on a grid of 24, drawn for this console.
const PATHS = {
  book: "M5 4h9a4 4 0 0 1 4 4v12H8a3 3 0 0 1-3-3zM5 17a3 3 0 0 1 3-3h10",
  calls: "M6.600 3.500l2.800 4-2 2.500a13 13 0 0 0 6.600 6.600l2.500-2 4 2.800-1.200 3.100C10.600 21.500 2.500 13.400 3.500 4.700z",
  caption: "M4 6h16v12H4zM7 13h4M13 13h4M7 10h2M11 10h6",
  check: "M5 13l4 4L19 7",
  close: "M6 6l12 12M18 6L6 18",
  code: "M9 7l-5 5 5 5M15 7l5 5-5 5",
  contrast: "M12 3.500a8.500 8.500 0 1 0 0 17zM12 3.500a8.500 8.500 0 0 1 0 17",
  copy: "M9 9h10v11H9zM15 9V4H5v11h4",
  deaf: "M8 20a3 3 0 0 0 4-2c1-3 4-3.500 4-8a5.500 5.500 0 0 0-8-4.800M6 9M4 4l16 16",
  down: "M6 9l6 6 6-6",
  download: "M12 4v11M7 11l5 5 5-5M5 20h14",
  edit: "M4 20l1-4L16 5l3 3L8 19zM14 7l3 3",
  extensions: "M7 3h10v18H7zM10 18h4",
  flows: "M4 4h7v5H4zM13 15h7v5h-7zM7.500 9v5a3.500 3.500 0 0 0 3.500 3.500h2",
  hangup: "M3.500 14.500c4.700-5 12.300-5 17 0l-2.400 2.600-3.300-1.400v-2.600a12 12 0 0 0-5.600 0v2.600l-3.300 1.400z",
  headset: "M5 14v-2a7 7 0 0 1 14 0v2M5 13.500h3v6H5zM16 13.500h3v6h-3z",
  hold: "M9 6v12M15 6v12",
  key: "M14 10a4 4 0 1 0-3 3.900L13 16h2v2h2v2h3v-3l-6.300-6.300",
  lock: "M6 11h12v9H6zM8.500 11V8a3.500 3.500 0 0 1 7 0v3",
  logout: "M14 4H6v16h8M11 12h9M17 9l3 3-3 3",
  menu: "M4 7h16M4 12h16M4 17h16",
  mic: "M12 3.500a3 3 0 0 0-3 3v5a3 3 0 0 0 6 0v-5a3 3 0 0 0-3-3zM6 11a6 6 0 0 0 12 0M12 17v3.500",
  micoff: "M9 6.500a3 3 0 0 1 6 0v5M12 14.500a3 3 0 0 1-3-3V9M6 11a6 6 0 0 0 9.500 4.900M18 11a6 6 0 0 1-.600 2.600M12 17v3.500M4 4l16 16",
  moon: "M19 14.500A8 8 0 0 1 9.500 5a8 8 0 1 0 9.500 9.500z",
  music: "M9 18V6l10-2v12M9 18a2.500 2.500 0 1 1-5 0 2.500 2.500 0 0 1 5 0zM19 16a2.500 2.500 0 1 1-5 0 2.500 2.500 0 0 1 5 0z",
  numbers: "M9 4L7 20M17 4l-2 16M4 9h16.500M3.500 15H20",
  pause: "M9 6v12M15 6v12",
  people: "M9 11.500a3.500 3.500 0 1 0 0-7 3.500 3.500 0 0 0 0 7zM3 20c0-3.500 2.500-5.500 6-5.500s6 2 6 5.500M15.500 5a3.500 3.500 0 0 1 0 6.300M17 14.800c2.400.600 4 2.400 4 5.200",
  play: "M8 5l11 7-11 7z",
  plus: "M12 5v14M5 12h14",
  record: "M12 7a5 5 0 1 0 0 10 5 5 0 0 0 0-10z",
  recordings: "M4 10v4M8 6.500v11M12 4v16M16 8v8M20 10.500v3",
  remove: "M10 11.500a3.500 3.500 0 1 0 0-7 3.500 3.500 0 0 0 0 7zM3.500 20c0-3.500 2.700-5.500 6.500-5.500 1.500 0 2.800.300 3.900.900M16 16l5 5M21 16l-5 5",
  rooms: "M12 12.500a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM6.500 19.500c0-3 2.300-4.500 5.500-4.500s5.500 1.500 5.500 4.500M5.800 11a2.200 2.200 0 1 1 0-4.400M18.200 11a2.200 2.200 0 1 0 0-4.400M2.500 17c0-2 1-3.200 3-3.500M21.500 17c0-2-1-3.200-3-3.500",
  search: "M11 4.500a6.500 6.500 0 1 0 0 13 6.500 6.500 0 0 0 0-13zM16 16l4.500 4.500",
  server: "M4 5h16v6H4zM4 13h16v6H4zM7.500 8h.010M7.500 16h.010",
  speak: "M4 5h16v11H10l-4 4v-4H4zM8 9.500h8M8 12.500h5",
  star: "M12 4l2.400 5 5.600.700-4.100 3.800 1.100 5.500L12 16.300 7 19l1.100-5.500L4 9.700 9.600 9z",
  stop: "M7 7h10v10H7z",
  sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2.500v2M12 19.500v2M2.500 12h2M19.500 12h2M5.300 5.300l1.400 1.400M17.300 17.300l1.400 1.400M5.300 18.700l1.400-1.400M17.300 6.700l1.400-1.400",
  transcripts: "M5 4h14v16H5zM8 8.500h8M8 12h8M8 15.500h5",
  trunks: "M4 12h6M14 12h6M10 8v8h4V8zM4 8v8M20 8v8",
  up: "M6 15l6-6 6 6",
  unlock: "M6 11h12v9H6zM8.500 11V8a3.500 3.500 0 0 1 6.700-1.400",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 18 }: { name: IconName; size?: number }) {
  return (
    <svg class="glyph" width={size} height={size} viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.8"
      stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}

export function Logo({ size }: { size: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" class="logo">
      <rect width="32" height="32" rx="9" />
      <path d="M7 16h.010M11.500 11.500v9M16 7.500v17M20.500 12.500v7M25 16h.010" />
    </svg>
  );
}

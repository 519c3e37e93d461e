type IconProps = { name: keyof typeof shapes };

const shapes = {
  play: "M6 4.5v15l13-7.5z",
  pause: "M6 5h4v14H6zM14 5h4v14h-4z",
  "sound-on":
    "M3 9.5v5h3.6L11 18.6V5.4L6.6 9.5zM14 8.2v7.6a4.4 4.4 0 0 0 0-7.6zM14 4.6v2a7 7 0 0 1 0 10.8v2a9 9 0 0 0 0-14.8z",
  "sound-off":
    "M3 9.5v5h3.6L11 18.6V5.4L6.6 9.5zM14.2 9.6l1.4-1.4 2.2 2.3 2.3-2.3 1.4 1.4-2.3 2.3 2.3 2.3-1.4 1.4-2.3-2.3-2.2 2.3-1.4-1.4 2.2-2.3z",
  "full-screen": "M4 4h6v2H6v4H4zM14 4h6v6h-2V6h-4zM4 14h2v4h4v2H4zM18 14h2v6h-6v-2h4z",
  "leave-full-screen": "M8 4h2v6H4V8h4zM14 4h2v4h4v2h-6zM4 14h6v6H8v-4H4zM14 14h6v2h-4v4h-2z",
} as const;

/** The few pictures everybody knows from players; the button around one has its name in `aria-label`. */
export function Icon({ name }: IconProps) {
  return (
    <svg className="icon" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true">
      <path d={shapes[name]} />
    </svg>
  );
}

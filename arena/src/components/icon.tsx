/** An icon of the sprite, beside a word. */
export function Icon(props: { name: string }) {
  return (
    <svg class="i" aria-hidden="true">
      <use href={`#i-${props.name}`} />
    </svg>
  );
}

/** A state's glyph: none, created, blocked, running, failed, completed. */
export function Glyph(props: { state: string }) {
  return (
    <svg class={`g g-${props.state}`} aria-hidden="true">
      <use href={`#g-${props.state}`} />
    </svg>
  );
}

/** Four rising bars; easy, medium, hard fill one to three. */
export function Difficulty(props: { level: string }) {
  const filled = () => ["easy", "medium", "hard", "expert"].indexOf(props.level) + 1;
  return (
    <span style="white-space:nowrap">
      <svg class="bars" viewBox="0 0 15 12" aria-hidden="true">
        {[0, 1, 2, 3].map((bar) => (
          <rect
            classList={{ on: bar < filled() }}
            x={bar * 4}
            y={9 - bar * 3}
            width="2.5"
            height={3 + bar * 3}
            rx=".5"
          />
        ))}
      </svg>{" "}
      {props.level.charAt(0).toUpperCase() + props.level.slice(1)}
    </span>
  );
}

/** Initials of a player. */
export function Avatar(props: { handle: string; me?: boolean; large?: boolean }) {
  return (
    <span
      class="avatar"
      classList={{ me: props.me ?? false, lg: props.large ?? false }}
      aria-hidden="true"
      // Drawn, not written: the initials are no part of what a link is called.
      data-initials={props.handle
        .replace(/[^a-z0-9]/gi, "")
        .slice(0, 2)
        .toUpperCase()}
    />
  );
}

/** The mark of the arena. */
export function Mark() {
  return (
    <svg viewBox="0 0 24 24" aria-hidden="true">
      <path d="M10.6 7 5 20M13.400 7 19 20M8.200 14.500h7.6" />
      <circle cx="12" cy="4.500" r="2.500" fill="currentColor" stroke="none" />
    </svg>
  );
}

/** Switches between dark and light, and remembers it. */
export function ThemeButton() {
  const toggle = () => {
    const theme = document.documentElement.dataset["theme"] === "dark" ? "light" : "dark";
    document.documentElement.dataset["theme"] = theme;
    localStorage.setItem("theme", theme);
    dispatchEvent(new Event("themechange"));
  };
  return (
    <button type="button" class="btn quiet icon" onClick={toggle} aria-label="Switch theme">
      <Icon name="theme" />
    </button>
  );
}

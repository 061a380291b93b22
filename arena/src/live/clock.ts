import { createSignal } from "solid-js";

/** Milliseconds, moving twice a second: one timer for every age on the page. */
const [now, setNow] = createSignal(Date.now());
if (typeof window !== "undefined") setInterval(() => setNow(Date.now()), 500);
export { now };

/** 12:48, or 1:02:03 from an hour on. */
export function span(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const two = (value: number) => String(value).padStart(2, "0");
  const minutes = Math.floor(seconds / 60);
  return minutes < 60
    ? `${minutes}:${two(seconds % 60)}`
    : `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}`;
}

/** "4 s", "6 min", "3 h", "2 days" since an instant. */
export function age(at: string, at2 = now()): string {
  const seconds = Math.max(0, Math.round((at2 - Date.parse(at)) / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h`;
  const days = Math.floor(seconds / 86_400);
  return days === 1 ? "1 day" : `${days} days`;
}

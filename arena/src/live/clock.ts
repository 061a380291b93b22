import { createSignal } from "solid-js";
import { isServer } from "solid-js/web";

const [ticking, setTicking] = createSignal(Date.now());
if (!isServer) setInterval(() => setTicking(Date.now()), 500);

/** Unix ms, moving twice a second in a page: one timer for every age on it. */
export const now = isServer ? () => Date.now() : ticking;

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
  return duration(at2 - Date.parse(at));
}

/** "4 s", "6 min", "3 h", "2 days". */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h`;
  const days = Math.floor(seconds / 86_400);
  return days === 1 ? "1 day" : `${days} days`;
}

/** 3 December 2026, in UTC: the same on the server and in every browser. */
export const dayOf = (iso: string): string =>
  new Date(iso).toLocaleDateString("en", {
    year: "numeric",
    month: "long",
    day: "numeric",
    timeZone: "UTC",
  });

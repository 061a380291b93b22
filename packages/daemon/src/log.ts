import { pino, type Logger } from "pino";

/** The log of one service: JSON lines on stdout, level from LOG_LEVEL (default info). */
export function serviceLog(service: string): Logger {
  return pino({ name: service, level: process.env["LOG_LEVEL"] ?? "info", base: { service } });
}
export type { Logger };

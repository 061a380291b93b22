/**
 * A setting of a daemon from its environment.
 * @throws when the variable is missing and no default is given, naming it.
 */
export function env(name: string, fallback?: string): string {
  const value = process.env[name] || fallback;
  if (value === undefined)
    throw new Error(`${name} is not set: start this service with ./agon up, or set ${name}`);
  return value;
}

/**
 * A setting that is a whole number.
 * @throws when it is none, or out of its bounds, naming both.
 */
export function wholeNumber(name: string, usual: number, least: number, most: number): number {
  const text = env(name, String(usual));
  const value = Number(text);
  if (!Number.isInteger(value) || value < least || value > most)
    throw new Error(`${name} is ${text}: give a whole number from ${least} to ${most}`);
  return value;
}

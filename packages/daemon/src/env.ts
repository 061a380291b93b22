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

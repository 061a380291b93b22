let current = "";

/** The step that runs now; empty = none. */
export const stepUnderWay = (): string => current;

/** Runs one step of the set-up and shows its name, then the time that it took. */
export async function step<T>(name: string, work: () => Promise<T>): Promise<T> {
  const begun = performance.now();
  const around = current;
  current = name;
  const tty = process.stderr.isTTY;
  const ticker = setInterval(() => {
    const seconds = Math.round((performance.now() - begun) / 1000);
    if (tty) process.stderr.write(`\r· ${name} ${seconds} s`);
    else if (seconds % 15 === 0) process.stderr.write(`· ${name} ${seconds} s\n`);
  }, 1000);
  try {
    const result = await work();
    const seconds = (performance.now() - begun) / 1000;
    if (seconds >= 1 || tty)
      process.stderr.write(`${tty ? "\r" : ""}✓ ${name} ${seconds.toFixed(1)} s\n`);
    return result;
  } catch (error) {
    process.stderr.write(`${tty ? "\r" : ""}✗ ${name}\n`);
    throw error;
  } finally {
    clearInterval(ticker);
    current = around;
  }
}

/** One claim of a bench: how its samples are spread, beside a baseline of the same run. */
export interface Measure {
  name: string;
  unit: string;
  /** Number of samples. */
  n: number;
  p50: number;
  p95: number;
  p99: number;
  baseline: { name: string; p50: number };
  /** p50 divided by the baseline's p50. */
  ratio: number;
}

/**
 * Percentile by nearest rank: the smallest sample that at least `p` percent of all samples do not
 * exceed. It is always one of the samples, nothing is interpolated.
 * @throws RangeError without samples.
 */
export function percentile(samples: readonly number[], p: number): number {
  if (samples.length === 0) throw new RangeError("a percentile needs at least one sample");
  const sorted = samples.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((p / 100) * sorted.length) - 1)]!;
}

const rounded = (value: number): number => Math.round(value * 1000) / 1000;

/** Sums samples up; three digits after the point. A baseline of nothing gives a ratio of 0. */
export function measure(
  name: string,
  unit: string,
  samples: readonly number[],
  baseline: { name: string; p50: number },
): Measure {
  const p50 = percentile(samples, 50);
  return {
    name,
    unit,
    n: samples.length,
    p50: rounded(p50),
    p95: rounded(percentile(samples, 95)),
    p99: rounded(percentile(samples, 99)),
    baseline: { name: baseline.name, p50: rounded(baseline.p50) },
    ratio: baseline.p50 > 0 ? rounded(p50 / baseline.p50) : 0,
  };
}

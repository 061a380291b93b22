import type { TemplateStats } from "@agon/protocol/host";
import type { PoolFigures } from "./pool.ts";

/** Templates and pools as api and the operator see them. */
export function templateStats(figures: {
  making: { template: string; seconds: number }[];
  pools: PoolFigures[];
}): TemplateStats[] {
  const { making, pools } = figures;
  const names = new Set([...making, ...pools].map(({ template }) => template));
  return [...names].sort().map((name) => {
    const made = making.find(({ template }) => template === name);
    const pool = pools.find(({ template }) => template === name);
    return {
      name,
      state: made ? "making" : "ready",
      makingSeconds: Math.round(made?.seconds ?? 0),
      poolTarget: pool?.target ?? 0,
      poolReady: pool?.ready ?? 0,
      poolWarming: pool?.warming ?? 0,
      poolAsked: pool?.asked ?? 0,
      poolHits: pool?.hits ?? 0,
    };
  });
}

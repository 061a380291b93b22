/** What hostd tells of its microVMs in microvm.json, below its folder. */
export interface MicrovmState {
  kind: string;
  /** Why this accelerator. */
  reason: string;
  templates?: {
    name: string;
    state: string;
    makingSeconds: number;
    poolTarget: number;
    poolReady: number;
    poolWarming: number;
    poolAsked: number;
    poolHits: number;
  }[];
}

/** For ./agon status: the accelerator, then a line for each template. */
export function microvmWords({ kind, reason, templates = [] }: MicrovmState): string {
  const lines = templates.map((one) => {
    if (one.state === "making") return `${one.name}: in the making for ${one.makingSeconds} s`;
    const hits = one.poolAsked
      ? `, ${one.poolHits} of ${one.poolAsked} asked for came from there`
      : "";
    const warming = one.poolWarming ? `, ${one.poolWarming} warming` : "";
    return `${one.name}: ready, ${one.poolReady} of ${one.poolTarget} machines wait${warming}${hits}`;
  });
  return [
    `microVMs run under ${kind.toUpperCase()}: ${reason}`,
    ...lines.map((line) => `  template ${line}`),
  ].join("\n");
}

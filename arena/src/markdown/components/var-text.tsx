import { useScene } from "../scene";

/** A play variable in a sentence, or what stands for it while it is not known. */
export function VarText(props: { name: string; fallback: string }) {
  const scene = useScene();
  return <span data-var={props.name}>{scene.variable(props.name) ?? props.fallback}</span>;
}

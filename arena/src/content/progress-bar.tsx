/** "3 of 8", with cells that say it, too. */
export function ProgressBar(props: { done: number; total: number; what: string }) {
  const share = () => (props.total ? (props.done / props.total) * 100 : 0);
  return (
    <div class="pathprogress" data-testid="progress">
      <span class="bar" aria-hidden="true">
        <i style={{ width: `${share()}%` }} />
      </span>
      <span>
        {props.done} of {props.total} {props.what}
      </span>
    </div>
  );
}

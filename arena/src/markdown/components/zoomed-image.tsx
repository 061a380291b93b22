import { Show, createEffect, createSignal, on } from "solid-js";

/**
 * An image as wide as its place; a click shows it as large as the window, Escape or a click goes back.
 * Of one that does not come, the words stay.
 */
export function ZoomedImage(props: {
  image: { url: string; width?: number; height?: number };
  alt: string;
  border?: boolean;
  radius?: string | undefined;
}) {
  let dialog!: HTMLDialogElement;
  let shown: HTMLImageElement | undefined;
  const [missing, setMissing] = createSignal(false);
  createEffect(
    on(
      () => props.image.url,
      // It may have failed before the scripts came; and another address is another try.
      () => setMissing(shown !== undefined && shown.complete && shown.naturalWidth === 0),
    ),
  );
  return (
    <Show
      when={!missing() && props.image.url}
      fallback={<p class="noimage">{props.alt || "This image is missing."}</p>}
    >
      <button
        type="button"
        class="zoom"
        aria-label={props.alt ? `Enlarge: ${props.alt}` : "Enlarge the image"}
        onClick={() => dialog.showModal()}
      >
        <img
          ref={(image) => (shown = image)}
          src={props.image.url}
          alt={props.alt}
          width={props.image.width}
          height={props.image.height}
          loading="lazy"
          classList={{ edged: props.border ?? false }}
          style={{ "border-radius": props.radius }}
          onError={() => setMissing(true)}
        />
      </button>
      <dialog
        class="zoomed"
        ref={dialog}
        aria-label={props.alt || "Image"}
        onClick={() => dialog.close()}
      >
        <img src={props.image.url} alt={props.alt} loading="lazy" />
        <button type="button" class="btn" autofocus>
          Close
        </button>
      </dialog>
    </Show>
  );
}

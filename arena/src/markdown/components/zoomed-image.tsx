/** An image as wide as its place; a click shows it as large as the window, Escape or a click goes back. */
export function ZoomedImage(props: {
  image: { url: string; width?: number; height?: number };
  alt: string;
  border?: boolean;
  radius?: string | undefined;
}) {
  let dialog!: HTMLDialogElement;
  return (
    <>
      <button
        type="button"
        class="zoom"
        aria-label={props.alt ? `Enlarge: ${props.alt}` : "Enlarge the image"}
        onClick={() => dialog.showModal()}
      >
        <img
          src={props.image.url}
          alt={props.alt}
          width={props.image.width}
          height={props.image.height}
          loading="lazy"
          classList={{ edged: props.border ?? false }}
          style={{ "border-radius": props.radius }}
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
    </>
  );
}

import { Index, Show, createSignal } from "solid-js";
import { addressesIn } from "../addresses";
import { useScene } from "../scene";
import { AuthorNote } from "./author-note";
import { said, type BlockProps } from "./component";
import { ZoomedImage } from "./zoomed-image";

/** One image at a time, with the number of all. */
export function SlideShow(props: BlockProps) {
  const scene = useScene();
  const slides = () =>
    (Array.isArray(props.given["slides"]) ? props.given["slides"] : [])
      .filter(
        (slide): slide is Record<string, unknown> => typeof slide === "object" && slide !== null,
      )
      .map((slide) => ({
        image: addressesIn(scene).image(said(slide["image"])),
        alt: said(slide["alt"]),
      }));
  const [chosen, setAt] = createSignal(0);
  // A slide may have been taken away since.
  const at = () => Math.min(chosen(), Math.max(slides().length - 1, 0));
  const move = (step: number) => setAt((at() + step + slides().length) % slides().length);
  return (
    <Show
      when={slides().length}
      fallback={<AuthorNote>A slide-show needs slides, a list of image and alt.</AuthorNote>}
    >
      <section
        class="slides"
        aria-roledescription="carousel"
        aria-label="Slides"
        onKeyDown={(event) => {
          const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
          if (!step || (event.target as Element).closest("dialog")) return;
          event.preventDefault();
          move(step);
        }}
      >
        <div class="stage">
          <Index each={slides()}>
            {(slide, index) => (
              <div class="slide" aria-hidden={at() !== index} inert={at() !== index}>
                <ZoomedImage image={slide().image} alt={slide().alt} />
              </div>
            )}
          </Index>
        </div>
        <div class="steps">
          <button type="button" class="btn sm" onClick={() => move(-1)}>
            Previous
          </button>
          <span class="meta" role="status">
            {at() + 1} of {slides().length}
            {slides()[at()]?.alt ? `: ${slides()[at()]!.alt}` : ""}
          </span>
          <button type="button" class="btn sm" onClick={() => move(1)}>
            Next
          </button>
        </div>
      </section>
    </Show>
  );
}

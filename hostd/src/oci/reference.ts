/** Where an image of a registry is: `oci://REGISTRY/REPOSITORY[:TAG][@sha256:DIGEST]` (spec 3.3.2). */
export interface ImageReference {
  /** Host, with a port where it is not 443. */
  registry: string;
  repository: string;
  tag: string;
  /** `sha256:…`, or empty. With one the tag only tells readers what was meant. */
  digest: string;
}

const SCHEME = "oci://";
const REGISTRY = /^(?:localhost|[a-z0-9-]+(?:\.[a-z0-9-]+)+|(?=[^/]*:\d)[a-z0-9-]+)(?::\d{1,5})?$/i;
// Grammar of the distribution specification, "Pulling manifests".
const REPOSITORY =
  /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const TAG = /^\w[\w.-]{0,127}$/;
const DIGEST = /^sha256:[0-9a-f]{64}$/;

/** Whether a machine's image is one of a registry. */
export function isReference(image: string): boolean {
  return image.startsWith(SCHEME);
}

/** Reads a reference. @throws Error that tells what is wrong with it. */
export function parseReference(image: string): ImageReference {
  const wrong = (why: string) =>
    new Error(`${image.slice(0, 200)}: ${why}; write oci://REGISTRY/REPOSITORY:TAG[@sha256:…]`);
  const [name = "", digest = ""] = image.slice(SCHEME.length).split("@");
  const slash = name.indexOf("/");
  const registry = name.slice(0, slash);
  if (slash < 1 || !REGISTRY.test(registry)) throw wrong("it names no registry");
  const rest = name.slice(slash + 1);
  const colon = rest.lastIndexOf(":");
  const repository = colon < 0 ? rest : rest.slice(0, colon);
  const tag = colon < 0 ? "latest" : rest.slice(colon + 1);
  if (repository.length > 200 || !REPOSITORY.test(repository))
    throw wrong("its repository is none");
  if (!TAG.test(tag)) throw wrong("its tag is none");
  if (image.includes("@") && !DIGEST.test(digest)) throw wrong("its digest is no sha256");
  return { registry, repository, tag, digest };
}

/** Where browsers find the ports of this host's machines: each under a host name of its own. */
export class PortsAddress {
  readonly #scheme: string;
  /** `.example.org:8443` */
  readonly #suffix: string;

  /** @param pattern for example `https://*.ports.example.org`. @throws Error when it is none. */
  constructor(pattern: string) {
    const found = /^(https?):\/\/\*(\.[\w.-]+(?::\d{1,5})?)\/?$/.exec(pattern);
    if (!found)
      throw new Error(`AGON_PORTS_URL is like https://*.ports.example.org, not ${pattern}`);
    this.#scheme = found[1]!;
    this.#suffix = found[2]!.toLowerCase();
  }

  /** Cookies may be sent to pages in frames of other sites: browsers ask TLS for it, except of this computer. */
  get secure(): boolean {
    return this.#scheme === "https" || /\.localhost(:\d+)?$/.test(this.#suffix);
  }

  of(label: string): string {
    return `${this.#scheme}://${label}${this.#suffix}`;
  }

  /** The label of a Host header; undefined when it is another host's. */
  labelOf(host: string | undefined): string | undefined {
    const name = host?.toLowerCase();
    if (!name?.endsWith(this.#suffix)) return undefined;
    const label = name.slice(0, -this.#suffix.length);
    return /^[a-z0-9]{8,63}$/.test(label) ? label : "";
  }
}

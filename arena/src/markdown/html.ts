import { toHtml } from "hast-util-to-html";
import rehypeSanitize, { defaultSchema } from "rehype-sanitize";
import remarkGfm from "remark-gfm";
import remarkParse from "remark-parse";
import remarkRehype from "remark-rehype";
import { unified } from "unified";

const pipeline = unified()
  .use(remarkParse)
  .use(remarkGfm)
  .use(remarkRehype)
  .use(rehypeSanitize, defaultSchema);

/** HTML of Markdown, sanitised: scripts, handlers and javascript: links are gone. */
export function html(markdown: string): string {
  return toHtml(pipeline.runSync(pipeline.parse(markdown)) as Parameters<typeof toHtml>[0]);
}

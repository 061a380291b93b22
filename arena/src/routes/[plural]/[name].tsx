export { default } from "~/content/content-page";

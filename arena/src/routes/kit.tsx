export { default } from "~/kit/kit-page";

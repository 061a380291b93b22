export { default } from "~/content/lesson-page";

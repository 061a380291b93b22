export { default } from "~/components/client-page";

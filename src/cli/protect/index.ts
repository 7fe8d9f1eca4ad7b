export { protect } from "./protect";

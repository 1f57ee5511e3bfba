import { cached } from "../cached.ts";

export default cached("texts");

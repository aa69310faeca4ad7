import { chunk } from "./pieces";
import * as store from "./store";

export default function checkout(id: number): number {
  return chunk(["a", "b"], 1).map((lines) => store.leak({ id, lines })).length;
}

export const everything = { ...store, chunk, checkout };

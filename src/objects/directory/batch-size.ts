/** Bytes that one body gathers before they are written, when few are written at once. */
const MOST_BYTES = 1024 * 1024;
/** No batch is smaller: a write of its own costs as much as some bytes. */
const LEAST_BYTES = 64 * 1024;
/** What all bodies together may gather; as much again is being written. */
const ALL_BYTES = 8 * 1024 * 1024;

let writers = 0;

/** Counts a body that is being written, until what it returns is called. */
export function enterWriters(): () => void {
  writers += 1;
  let inside = true;
  return () => {
    if (inside) writers -= 1;
    inside = false;
  };
}

/** How many bytes a body should gather before it writes them: the fewer, the more bodies are being written. */
export function batchBytes(): number {
  return Math.max(LEAST_BYTES, Math.min(MOST_BYTES, Math.floor(ALL_BYTES / Math.max(1, writers))));
}

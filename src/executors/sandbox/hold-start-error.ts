const OWN_WORDS = 'bwrap: ';
const MAX_HELD_BYTES = 4096;

/**
 * Holds stderr back while it may be bubblewrap's own report of a failed start, which comes before anything that
 * the command writes. Everything else is passed on at once.
 */
export function holdStartError(pass: (chunk: Buffer) => void) {
  let held: Buffer[] | undefined;
  let started = false;
  const release = (): void => {
    for (const chunk of held ?? []) pass(chunk);
    held = undefined;
    started = true;
  };
  return {
    push(chunk: Buffer): void {
      if (started) return pass(chunk);
      held = [...(held ?? []), chunk];
      const text = Buffer.concat(held);
      const own = text.subarray(0, OWN_WORDS.length).toString('latin1') === OWN_WORDS;
      if (!own || text.length > MAX_HELD_BYTES) release();
    },
    /** The command ran: what was held is its own. */
    release,
    /** The command did not run: takes what bubblewrap said, without its name; undefined where it said nothing. */
    take(): string | undefined {
      const text = held && Buffer.concat(held).toString().trimEnd();
      held = undefined;
      return text?.slice(OWN_WORDS.length);
    },
  };
}

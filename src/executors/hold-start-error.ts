const MAX_HELD_BYTES = 4096;

/**
 * Holds stderr back while it may be the wrapper's own report of a failed start, which comes before anything that
 * the command writes. Everything else is passed on at once.
 *
 * @param ownWords how each of the wrapper's reports begins
 * @param onHeld called when something is held back for the first time
 */
export function holdStartError(
  pass: (chunk: Buffer) => void,
  ownWords: readonly string[],
  onHeld: () => void = () => undefined,
) {
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
      if (held === undefined) onHeld();
      held = [...(held ?? []), chunk];
      const text = Buffer.concat(held).toString('latin1');
      // They may come in pieces.
      const own = ownWords.some((words) => text.startsWith(words) || words.startsWith(text));
      if (!own || text.length > MAX_HELD_BYTES) release();
    },
    /** The command ran: what was held is its own. */
    release,
    /** What is held back. */
    held: (): string | undefined => held && Buffer.concat(held).toString().trimEnd(),
    /** The command did not run: takes what the wrapper said; undefined where it said nothing. */
    take(): string | undefined {
      const text = held && Buffer.concat(held).toString().trimEnd();
      held = undefined;
      return text;
    },
  };
}

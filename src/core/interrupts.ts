/** What to do when the user wants to end. */
export interface InterruptHandlers {
  /** Asked once, politely. */
  readonly onStop: (signal: NodeJS.Signals) => void;
  /** Asked again. */
  readonly onKill: () => void;
}

/** Watches for SIGINT, SIGTERM and SIGHUP; {@link Interrupts.close} ends it. */
export interface Interrupts {
  /** 128 + n after signal n (130 for Ctrl-C); undefined while none has come. */
  exitCode(): number | undefined;
  close(): void;
}

const signals = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;

/**
 * Takes over Ctrl-C and the signals that ask a program to end. Asked a third time, the process ends where it stands,
 * whatever it waits for: the next command finds its jobs without an owner, and says what became of them.
 */
export function catchInterrupts({ onStop, onKill }: InterruptHandlers): Interrupts {
  let first: keyof typeof signals | undefined;
  let killed = false;
  const handle = (signal: NodeJS.Signals) => {
    if (first !== undefined && killed) process.exit(128 + signals[first]);
    if (first !== undefined) {
      killed = true;
      return onKill();
    }
    first = signal as keyof typeof signals;
    onStop(signal);
  };
  for (const signal of Object.keys(signals)) process.on(signal, handle);
  return {
    exitCode: () => (first === undefined ? undefined : 128 + signals[first]),
    close: () => {
      for (const signal of Object.keys(signals)) process.off(signal, handle);
    },
  };
}

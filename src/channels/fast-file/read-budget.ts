/** Who holds memory that it can give back. */
export interface BudgetHolder {
  /** Gives back what is only read ahead. */
  releaseAhead(): void;
}

/** Shares the memory for reading ahead among the open files: who has not read for longest gives back first. */
export class ReadBudget {
  readonly #limitBytes: number;
  /** In the order of their last reading. */
  readonly #holders = new Set<BudgetHolder>();
  #usedBytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** Notes that a file is being read. */
  touch(holder: BudgetHolder): void {
    this.#holders.delete(holder);
    this.#holders.add(holder);
  }

  /** @returns false where there is no room even after others have given back */
  take(holder: BudgetHolder, bytes: number): boolean {
    for (const other of this.#holders) {
      if (this.#usedBytes + bytes <= this.#limitBytes) break;
      if (other === holder) continue;
      other.releaseAhead();
      this.#holders.delete(other);
    }
    if (this.#usedBytes + bytes > this.#limitBytes) return false;
    this.#usedBytes += bytes;
    return true;
  }

  give(bytes: number): void {
    this.#usedBytes -= bytes;
  }

  leave(holder: BudgetHolder): void {
    this.#holders.delete(holder);
  }
}

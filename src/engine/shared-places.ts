/** Who waits for a place of another run to become free. */
type Wake = () => void;

interface Lane {
  taken: number;
  limit: number;
  /** In the order in which they came. */
  readonly waiting: Set<Wake>;
}

/** Places that the runs of one process share: a thousand runs together start no more jobs at once than one would. */
export class SharedPlaces {
  readonly #lanes = new Map<string, Lane>();

  /** Takes a place beside at most `limit - 1` others; else `wake` is called once there may be one. */
  take(name: string, limit: number, wake: Wake): boolean {
    const lane = this.#lane(name);
    lane.limit = limit;
    if (lane.taken >= limit) {
      lane.waiting.add(wake);
      return false;
    }
    lane.taken++;
    lane.waiting.delete(wake);
    return true;
  }

  /** Takes a place where there is one, and waits for none. */
  takeNow(name: string, limit: number): boolean {
    const lane = this.#lane(name);
    if (lane.taken >= limit) return false;
    lane.taken++;
    return true;
  }

  /** Gives a place back. */
  give(name: string): void {
    this.#lane(name).taken--;
    this.passOn();
  }

  /** Wakes the first that waits where there is room: one that was woken may have no use for it any more. */
  passOn(): void {
    for (const lane of this.#lanes.values()) if (lane.taken < lane.limit) wakeNext(lane);
  }

  /** Waits for nothing any more. */
  leave(wake: Wake): void {
    for (const lane of this.#lanes.values()) lane.waiting.delete(wake);
    this.passOn();
  }

  #lane(name: string): Lane {
    let lane = this.#lanes.get(name);
    if (!lane) {
      lane = { taken: 0, limit: 0, waiting: new Set() };
      this.#lanes.set(name, lane);
    }
    return lane;
  }
}

/** One at a time: it takes the place, or passes it on. */
function wakeNext({ waiting }: Lane): void {
  for (const wake of waiting) {
    waiting.delete(wake);
    wake();
    return;
  }
}

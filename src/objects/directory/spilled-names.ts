import { randomUUID } from 'node:crypto';
import { closeSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { compareBytes } from './byte-order.ts';
import type { SortedNames } from './sorted-names.ts';

/** Names between two marks of the index. */
const STRIDE = 1024;
const READ_BYTES = 32 * 1024;

/** One sorted run in a file. */
interface Run {
  readonly file: number;
  readonly start: number;
  readonly end: number;
}

/**
 * Names that do not fit in memory: sorted runs in a file that has no name any more (so it ends with the process, however
 * that ends), merged into one, with a mark in memory for every 1024th name. Names are ended by a NUL, which no file name
 * holds.
 */
export class SpilledNames implements SortedNames {
  readonly #temporary: string;
  readonly #runs: Run[] = [];
  #file: number;
  #size = 0;
  #merged: Run | undefined;
  readonly #marks: { readonly name: string; readonly offset: number }[] = [];
  length = 0;

  constructor(temporary: string) {
    this.#temporary = temporary;
    this.#file = openUnnamed(temporary);
    closeWhenForgotten.register(this, { file: this.#file }, this);
  }

  /** Adds a sorted run. */
  add(names: readonly string[]): void {
    const start = this.#size;
    for (let index = 0; index < names.length; index += STRIDE) {
      this.#size += writeSync(this.#file, Buffer.from(`${names.slice(index, index + STRIDE).join('\0')}\0`));
    }
    this.#runs.push({ file: this.#file, start, end: this.#size });
    this.length += names.length;
  }

  /** Merges the runs; afterwards the names can be read. */
  async merge(): Promise<void> {
    const target = openUnnamed(this.#temporary);
    const cursors = this.#runs.map((run) => new Cursor(run)).filter((cursor) => cursor.name !== undefined);
    const heap = new CursorHeap(cursors);
    let offset = 0;
    let batch: string[] = [];
    const flush = () => {
      if (batch.length === 0) return;
      this.#marks.push({ name: ownCopy(batch[0] as string), offset });
      offset += writeSync(target, Buffer.from(`${batch.join('\0')}\0`));
      batch = [];
    };
    for (let name = heap.take(); name !== undefined; name = heap.take()) {
      if (batch.push(name) < STRIDE) continue;
      flush();
      if (this.#marks.length % 8 === 0) await turn();
    }
    flush();
    this.close();
    this.#file = target;
    closeWhenForgotten.register(this, { file: target }, this);
    this.#merged = { file: target, start: 0, end: offset };
  }

  *read(from: string): Iterable<readonly string[]> {
    const mark = Math.max(0, this.#markAfter(from) - 1);
    for (let index = mark; index < this.#marks.length; index++) {
      const names = this.#block(index);
      yield index === mark ? names.filter((name) => compareBytes(name, from) >= 0) : names;
    }
  }

  close(): void {
    closeWhenForgotten.unregister(this);
    closeSync(this.#file);
  }

  #block(index: number): string[] {
    const start = (this.#marks[index] as { offset: number }).offset;
    const end = this.#marks[index + 1]?.offset ?? (this.#merged as Run).end;
    const bytes = Buffer.allocUnsafe(end - start);
    readSync(this.#file, bytes, 0, bytes.length, start);
    return bytes.toString('utf8', 0, bytes.length - 1).split('\0');
  }

  #markAfter(name: string): number {
    let low = 0;
    let high = this.#marks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareBytes((this.#marks[middle] as { name: string }).name, name) <= 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

const closeWhenForgotten = new FinalizationRegistry<{ readonly file: number }>(({ file }) => closeSync(file));

/** A piece of a long string keeps the whole of it in memory; a copy does not. */
function ownCopy(text: string): string {
  return Buffer.from(text).toString();
}

function openUnnamed(directory: string): number {
  const path = join(directory, `names-${randomUUID()}`);
  const file = openSync(path, 'wx+', 0o600);
  unlinkSync(path);
  return file;
}

/** Reads one run, name by name. */
class Cursor {
  name: string | undefined;
  readonly #run: Run;
  #position: number;
  #names: string[] = [];
  #rest: Buffer = Buffer.alloc(0);

  constructor(run: Run) {
    this.#run = run;
    this.#position = run.start;
    this.next();
  }

  next(): void {
    if (this.#names.length === 0) this.#fill();
    this.name = this.#names.pop();
  }

  #fill(): void {
    while (this.#names.length === 0 && this.#position < this.#run.end) {
      const bytes = Buffer.allocUnsafe(Math.min(READ_BYTES, this.#run.end - this.#position));
      this.#position += readSync(this.#run.file, bytes, 0, bytes.length, this.#position);
      const whole = Buffer.concat([this.#rest, bytes]);
      const end = whole.lastIndexOf(0) + 1;
      this.#rest = whole.subarray(end);
      if (end > 0)
        this.#names = whole
          .toString('utf8', 0, end - 1)
          .split('\0')
          .reverse();
    }
  }
}

/** A binary heap of cursors, the least name on top. */
class CursorHeap {
  readonly #cursors: Cursor[];

  constructor(cursors: Cursor[]) {
    this.#cursors = cursors.sort((a, b) => compareBytes(a.name as string, b.name as string));
  }

  take(): string | undefined {
    const top = this.#cursors[0];
    if (!top) return undefined;
    const { name } = top;
    top.next();
    if (top.name === undefined) {
      const last = this.#cursors.pop() as Cursor;
      if (last !== top) this.#cursors[0] = last;
    }
    this.#sink();
    return name;
  }

  #sink(): void {
    const heap = this.#cursors;
    for (let index = 0; ; ) {
      const left = 2 * index + 1;
      const right = left + 1;
      let least = index;
      if (left < heap.length && isLess(heap[left], heap[least])) least = left;
      if (right < heap.length && isLess(heap[right], heap[least])) least = right;
      if (least === index) return;
      [heap[index], heap[least]] = [heap[least] as Cursor, heap[index] as Cursor];
      index = least;
    }
  }
}

function isLess(a: Cursor | undefined, b: Cursor | undefined): boolean {
  return compareBytes(a?.name as string, b?.name as string) < 0;
}

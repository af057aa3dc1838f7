import { closeSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SourceObject } from './source-object.ts';

/** What is sent as one: an object, or the attributes of one line of an augmented manifest. */
export type ListEntry = readonly SourceObject[];

/** Rows that are kept as they are; more go to a file. */
const IN_MEMORY_LIMIT = 50_000;
const WRITE_BYTES = 1024 * 1024;
const READ_BYTES = 256 * 1024;

/**
 * All entries of a channel, by number, whatever their number: beyond a limit they lie in a file without a name, and
 * only their places (8 bytes each) are in memory.
 */
export class ObjectList {
  #rows: ListEntry[] = [];
  #file: number | undefined;
  #offsets = new Float64Array(1024);
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #end = 0;
  #length = 0;
  #window = Buffer.alloc(0);
  #windowStart = 0;

  static async from(entries: AsyncIterable<ListEntry>): Promise<ObjectList> {
    const list = new ObjectList();
    try {
      for await (const entry of entries) list.push(entry);
      list.#flush();
    } catch (error) {
      list.close();
      throw error;
    }
    return list;
  }

  get length(): number {
    return this.#length;
  }

  push(entry: ListEntry): void {
    if (this.#file === undefined && this.#length >= IN_MEMORY_LIMIT) this.#spill();
    if (this.#file === undefined) this.#rows.push(entry);
    else this.#append(entry);
    this.#length++;
  }

  at(index: number): ListEntry {
    if (this.#file === undefined) return this.#rows[index] as ListEntry;
    const start = this.#offsets[index] as number;
    const end = index + 1 < this.#length ? (this.#offsets[index + 1] as number) : this.#end;
    return JSON.parse(this.#read(start, end).toString('utf8')) as ListEntry;
  }

  /** Frees the file. Idempotent. */
  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
    this.#rows = [];
    this.#length = 0;
  }

  #spill(): void {
    const path = join(
      tmpdir(),
      `sluice-list-${process.pid}-${Date.now()}-${Math.random().toString(36).slice(2)}`,
    );
    this.#file = openSync(path, 'wx+', 0o600);
    unlinkSync(path);
    for (const [index, row] of this.#rows.entries()) this.#appendAt(index, row);
    this.#rows = [];
  }

  #append(entry: ListEntry): void {
    this.#appendAt(this.#length, entry);
  }

  #appendAt(index: number, entry: ListEntry): void {
    if (index === this.#offsets.length) {
      const grown = new Float64Array(index * 2);
      grown.set(this.#offsets);
      this.#offsets = grown;
    }
    const row = Buffer.from(JSON.stringify(entry));
    this.#offsets[index] = this.#end;
    this.#end += row.length;
    this.#pending.push(row);
    this.#pendingBytes += row.length;
    if (this.#pendingBytes >= WRITE_BYTES) this.#flush();
  }

  #flush(): void {
    if (this.#file === undefined || this.#pendingBytes === 0) return;
    const bytes = Buffer.concat(this.#pending);
    for (let done = 0; done < bytes.length; ) done += writeSync(this.#file, bytes, done);
    this.#pending = [];
    this.#pendingBytes = 0;
  }

  /** Where entries are read in order, reads some of what follows too; a shuffled order would have no use of it. */
  #read(start: number, end: number): Buffer {
    const windowEnd = this.#windowStart + this.#window.length;
    if (start < this.#windowStart || end > windowEnd) {
      const isInOrder = start >= this.#windowStart && start - windowEnd < READ_BYTES;
      const buffer = Buffer.allocUnsafe(Math.max(isInOrder ? READ_BYTES : 0, end - start));
      const read = readSync(this.#file as number, buffer, 0, buffer.length, start);
      this.#window = buffer.subarray(0, read);
      this.#windowStart = start;
    }
    return this.#window.subarray(start - this.#windowStart, end - this.#windowStart);
  }
}

import { closeSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { countBuffer } from '../../core/collect-buffers.ts';
import { RowOffsets } from './row-offsets.ts';
import { objectError, type SourceObject } from './source-object.ts';

/** What is sent as one: an object, or the attributes of one line of an augmented manifest. */
export type ListEntry = readonly SourceObject[];

/** Rows that are kept as they are; more go to a file. */
const IN_MEMORY_LIMIT = 10_000;
const WRITE_BYTES = 1024 * 1024;
const READ_BYTES = 256 * 1024;
/** For each byte of a row, listing it has left about so many to be collected. */
const GARBAGE_FACTOR = 8;
/** Of a JavaScript string in UTF-8. */
const MOST_BYTES_OF_A_CHARACTER = 3;

/**
 * All entries of a channel, by number, whatever their number: beyond a limit they lie in a file without a name, and
 * only their places (4 bytes each) are in memory.
 */
export class ObjectList {
  #rows: ListEntry[] = [];
  #file: number | undefined;
  readonly #offsets = new RowOffsets();
  #pending = Buffer.alloc(0);
  #pendingBytes = 0;
  #written = 0;
  #end = 0;
  #length = 0;
  #window = Buffer.alloc(0);
  #windowStart = 0;

  static async from(entries: AsyncIterable<ListEntry>): Promise<ObjectList> {
    const list = new ObjectList();
    try {
      for await (const entry of entries) list.push(entry);
      list.#flush();
      list.#pending = Buffer.alloc(0);
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
    const start = this.#offsets.at(index);
    const end = index + 1 < this.#length ? this.#offsets.at(index + 1) : this.#end;
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
    this.#pending = Buffer.allocUnsafeSlow(WRITE_BYTES);
    for (const row of this.#rows) this.#append(row);
    this.#rows = [];
  }

  #append(entry: ListEntry): void {
    const row = JSON.stringify(entry);
    this.#offsets.push(this.#end);
    const most = MOST_BYTES_OF_A_CHARACTER * row.length;
    if (this.#pendingBytes + most > WRITE_BYTES) this.#flush();
    if (most > WRITE_BYTES) this.#write(Buffer.from(row));
    else this.#pendingBytes += this.#pending.write(row, this.#pendingBytes);
    this.#end = this.#written + this.#pendingBytes;
  }

  #flush(): void {
    this.#write(this.#pending.subarray(0, this.#pendingBytes));
    this.#pendingBytes = 0;
  }

  #write(bytes: Uint8Array): void {
    if (this.#file === undefined) return;
    try {
      for (let done = 0; done < bytes.length; ) done += writeSync(this.#file, bytes, done);
    } catch (error) {
      throw objectError(error, { name: 'list', file: `${tmpdir()}/sluice-list` });
    }
    this.#written += bytes.length;
    countBuffer(GARBAGE_FACTOR * bytes.length);
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

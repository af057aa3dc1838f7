import type { SqlValue } from '../database.ts';
import { translate } from './translate.ts';
import { type Decode, decoderOf, encode, FLOAT8, isReal } from './values.ts';

/** A statement to run, once for each row of parameters. */
export interface Step {
  /** With `?` for parameters. */
  readonly sql: string;
  readonly rows: readonly (readonly SqlValue[])[];
}

/** What the last run of a step has answered. */
export interface StepResult {
  /** Names of the columns. */
  readonly columns: readonly string[];
  readonly rows: readonly (readonly SqlValue[])[];
  /** `INSERT 0 1`, `COMMIT`, … */
  readonly tag: string;
}

/** A statement that a connection has prepared. */
interface Prepared {
  readonly name: string;
  columns: readonly string[];
  decoders: readonly Decode[];
}

/** The part of pg's connection that an exchange writes to. */
export interface Wire {
  readonly stream: { cork(): void; uncork(): void };
  parse(query: { name: string; text: string; types: number[] }): void;
  describe(what: { type: 'S'; name: string }): void;
  bind(values: { statement: string; values: readonly Encoded[] }): void;
  execute(options: Record<string, never>): void;
  close(what: { type: 'S'; name: string }): void;
  sync(): void;
}

/** A parameter as it goes over the wire. */
type Encoded = ReturnType<typeof encode>;

interface EncodedStep extends Step {
  readonly encoded: readonly (readonly Encoded[])[];
}

/** How many statements a connection keeps prepared. */
const MOST_PREPARED = 300;

/** The statements that one connection has prepared. */
export class PreparedStatements {
  readonly #known = new Map<string, Prepared>();
  #toClose: string[] = [];
  #count = 0;

  get(key: string): Prepared | undefined {
    return this.#known.get(key);
  }

  add(key: string): Prepared {
    const prepared: Prepared = { name: `s${this.#count++}`, columns: [], decoders: [] };
    this.#known.set(key, prepared);
    return prepared;
  }

  /** It may not have been prepared after all. */
  forget(key: string): void {
    const prepared = this.#known.get(key);
    if (prepared) this.#toClose.push(prepared.name);
    this.#known.delete(key);
  }

  /** The names of those to be closed; where there are too many, all. */
  takeClosed(): readonly string[] {
    if (this.#known.size > MOST_PREPARED) for (const key of this.#known.keys()) this.forget(key);
    return this.#toClose.splice(0);
  }
}

/**
 * Any number of statements in one round trip: pg sends a query only when the one before was answered. Of those after one
 * that fails none is run. @see https://node-postgres.com, `client.query` of an object with `submit`
 */
export class Exchange {
  readonly #steps: readonly EncodedStep[];
  readonly #prepared: PreparedStatements;
  readonly #resolve: (results: StepResult[]) => void;
  readonly #reject: (error: unknown) => void;
  readonly #new: string[] = [];
  readonly #runs: { readonly step: number; readonly prepared: Prepared }[] = [];
  readonly #results: StepResult[] = [];
  #answered = 0;
  #rows: SqlValue[][] = [];

  constructor(
    steps: readonly Step[],
    prepared: PreparedStatements,
    resolve: (results: StepResult[]) => void,
    reject: (error: unknown) => void,
  ) {
    // What cannot be sent is found before anything is.
    this.#steps = steps.map((step) => ({ ...step, encoded: step.rows.map((row) => row.map(encode)) }));
    this.#prepared = prepared;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  /** @internal called by pg */
  submit(wire: Wire): undefined {
    wire.stream.cork();
    try {
      for (const name of this.#prepared.takeClosed()) wire.close({ type: 'S', name });
      this.#steps.forEach((step, index) => this.#send(wire, step, index));
    } finally {
      wire.sync();
      wire.stream.uncork();
    }
  }

  #send(wire: Wire, { sql, rows, encoded }: EncodedStep, step: number): void {
    rows.forEach((row, index) => {
      const prepared = this.#prepare(wire, sql, row);
      this.#runs.push({ step, prepared });
      wire.bind({ statement: prepared.name, values: encoded[index] ?? [] });
      wire.execute({});
    });
  }

  #prepare(wire: Wire, sql: string, values: readonly SqlValue[]): Prepared {
    const reals = values.some(isReal);
    const types = reals ? values.map((value) => (isReal(value) ? FLOAT8 : 0)) : [];
    const key = reals ? `${types.join()} ${sql}` : sql;
    const known = this.#prepared.get(key);
    if (known) return known;
    this.#new.push(key);
    const prepared = this.#prepared.add(key);
    wire.parse({ name: prepared.name, text: translate(sql), types });
    wire.describe({ type: 'S', name: prepared.name });
    return prepared;
  }

  /** @internal called by pg, once for each statement that was prepared and gives rows */
  handleRowDescription({
    fields,
  }: {
    readonly fields: readonly { readonly name: string; readonly dataTypeID: number }[];
  }): void {
    const run = this.#runs[this.#answered];
    if (!run) return;
    run.prepared.columns = fields.map(({ name }) => name);
    run.prepared.decoders = fields.map(({ dataTypeID }) => decoderOf(dataTypeID));
  }

  /** @internal called by pg */
  handleDataRow({ fields }: { readonly fields: readonly (string | null)[] }): void {
    const decoders = this.#runs[this.#answered]?.prepared.decoders ?? [];
    this.#rows.push(fields.map((text, index) => (text === null ? null : (decoders[index] as Decode)(text))));
  }

  /** @internal called by pg */
  handleCommandComplete({ text }: { readonly text: string }): void {
    const run = this.#runs[this.#answered++];
    if (run) this.#results[run.step] = { columns: run.prepared.columns, rows: this.#rows, tag: text };
    this.#rows = [];
  }

  /** @internal called by pg */
  handleReadyForQuery(): void {
    this.#resolve(this.#results);
  }

  /** @internal called by pg */
  handleError(error: unknown): void {
    for (const key of this.#new) this.#prepared.forget(key);
    this.#reject(error);
  }
}

import type { Database, Statements } from './database.ts';

type Work<Result> = (transaction: Statements) => Promise<Result>;

interface Member {
  /** Does its work within a transaction; returns what tells its caller, once that has been committed. */
  readonly run: (transaction: Statements) => Promise<() => void>;
  readonly reject: (error: unknown) => void;
}

/** Gathers the transactions that are asked for in one turn of the event loop into one commit, in their order. */
export class TransactionGroup {
  readonly #transaction: Database['transaction'];
  #members: Member[] = [];
  #last: Promise<void> = Promise.resolve();

  constructor(transaction: Database['transaction']) {
    this.#transaction = transaction;
  }

  /** Resolves or rejects once the group was committed. */
  add<Result>(work: Work<Result>): Promise<Result> {
    const { promise, resolve, reject } = Promise.withResolvers<Result>();
    if (this.#members.length === 0) setImmediate(() => void this.commit());
    this.#members.push({
      reject,
      async run(transaction) {
        await transaction.run('SAVEPOINT member');
        try {
          const result = await work(transaction);
          await transaction.run('RELEASE member');
          return () => resolve(result);
        } catch (error) {
          await transaction.run('ROLLBACK TO member');
          await transaction.run('RELEASE member');
          return () => reject(error);
        }
      },
    });
    return promise;
  }

  /** Commits what was gathered. Never rejects. */
  commit(): Promise<void> {
    const members = this.#members.splice(0);
    if (members.length > 0)
      this.#last = Promise.all([this.#commit(members), this.#last]).then(() => undefined);
    return this.#last;
  }

  async #commit(members: readonly Member[]): Promise<void> {
    try {
      const tell = await this.#transaction(async (transaction) => {
        const done: (() => void)[] = [];
        for (const member of members) done.push(await member.run(transaction));
        return done;
      });
      for (const each of tell) each();
    } catch (error) {
      for (const { reject } of members) reject(error);
    }
  }
}

import { SluiceError } from '../core/errors.ts';
import { isPassing } from '../core/is-passing.ts';
import type { Database, Statements } from './database.ts';

type Work<Result> = (transaction: Statements) => Promise<Result>;

/** Tells a caller what has become of its transaction, once that has been committed. */
type Tell = () => void;

interface Member {
  /** Does its work. @throws what the work throws */
  readonly run: (transaction: Statements) => Promise<Tell>;
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

  /** Resolves or rejects once the group was committed. The work may be done twice: what it did first is undone then. */
  add<Result>(work: Work<Result>): Promise<Result> {
    const { promise, resolve, reject } = Promise.withResolvers<Result>();
    if (this.#members.length === 0) setImmediate(() => void this.commit());
    this.#members.push({
      reject,
      async run(transaction) {
        const result = await work(transaction);
        return () => resolve(result);
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

  /** A group is tried as a whole first: savepoints, which only a member that throws needs, cost as much as a statement. */
  async #commit(members: readonly Member[]): Promise<void> {
    try {
      const tell = await this.#transaction((transaction) => runAll(members, transaction)).catch(
        (error: unknown) => {
          // It was waited for already. On a full disk a smaller one may still fit.
          if (isPassing(error) && !(error instanceof SluiceError && error.code === 'DiskFull')) throw error;
          return this.#transaction((transaction) => runApart(members, transaction));
        },
      );
      for (const each of tell) each();
    } catch (error) {
      for (const { reject } of members) reject(error);
    }
  }
}

async function runAll(members: readonly Member[], transaction: Statements): Promise<Tell[]> {
  const tell: Tell[] = [];
  for (const member of members) tell.push(await member.run(transaction));
  return tell;
}

/** A member that throws undoes its own changes alone. */
async function runApart(members: readonly Member[], transaction: Statements): Promise<Tell[]> {
  const tell: Tell[] = [];
  for (const member of members) {
    await transaction.run('SAVEPOINT member');
    try {
      tell.push(await member.run(transaction));
    } catch (error) {
      // A full disk undoes the whole transaction: then its error is everyone's.
      await transaction.run('ROLLBACK TO member').catch(() => {
        throw error;
      });
      tell.push(() => member.reject(error));
    }
    await transaction.run('RELEASE member');
  }
  return tell;
}

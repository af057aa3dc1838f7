import { SluiceError } from '../../core/errors.ts';
import type { FlyteAllowance } from '../../core/flyte-settings.ts';
import { matchesPattern } from '../../core/matches-pattern.ts';
import type { FlyteTask } from './flyte-task.ts';

/** What a task wants to use. */
export interface Wanted {
  /** ARNs. */
  readonly roles?: Iterable<string>;
  /** Places that it reads or names, `s3://…`. */
  readonly places?: Iterable<string>;
  /** Places that it writes to, `s3://…`. */
  readonly outputs?: Iterable<string>;
  /** `sagemaker:DescribeTrainingJob` */
  readonly operations?: Iterable<string>;
}

/** What tasks may use, by their project and domain. */
export class Allowances {
  readonly #entries: readonly FlyteAllowance[] | undefined;
  readonly #defaultBucket: string;

  /** @param entries undefined: everything is allowed */
  constructor(entries: readonly FlyteAllowance[] | undefined, defaultBucket: string) {
    this.#entries = entries;
    this.#defaultBucket = defaultBucket;
  }

  /** @throws SluiceError `NotAllowed` that names what is not */
  check(task: FlyteTask, { roles = [], places = [], outputs = [], operations = [] }: Wanted): void {
    if (!this.#entries) return;
    const { project = '', domain = '' } = task.attempt ?? {};
    const entries = this.#entries.filter(
      (entry) => matchesPattern(entry.project ?? '*', project) && matchesPattern(entry.domain ?? '*', domain),
    );
    const who = `project '${project}', domain '${domain}'`;
    const need = (what: string, member: keyof FlyteAllowance, value: string, isAllowed: boolean): void => {
      if (!isAllowed) throw notAllowed(who, what, member, value);
    };
    const some = (member: 'roles' | 'buckets' | 'boto', value: string): boolean =>
      entries.some((entry) => (entry[member] ?? []).some((pattern) => matchesPattern(pattern, value)));
    if (entries.length === 0) throw notAllowed(who, 'tasks of', 'project', project);
    for (const role of roles) need('the role', 'roles', role, some('roles', role));
    for (const operation of operations) need('the operation', 'boto', operation, some('boto', operation));
    for (const place of places) {
      const bucket = bucketOf(place);
      need('the bucket', 'buckets', bucket, bucket === this.#defaultBucket || some('buckets', bucket));
    }
    const prefixes = entries.flatMap((entry) => entry.outputs ?? []);
    for (const output of outputs)
      need(
        'output to',
        'outputs',
        output,
        prefixes.some((prefix) => isUnder(output, prefix)),
      );
  }
}

function notAllowed(who: string, what: string, member: string, value: string): SluiceError {
  return new SluiceError(
    'NotAllowed',
    `For ${who} the connector's configuration does not allow ${what} '${value}'.`,
    {
      hint: `Have it added to flyte.allow: ${member}.`,
    },
  );
}

function bucketOf(place: string): string {
  return /^s3[an]?:\/\/([^/?#\s]*)/i.exec(place)?.[1] ?? '';
}

/** A prefix ends at a `/`: `s3://b/team` does not allow `s3://b/teammate`. */
function isUnder(place: string, prefix: string): boolean {
  const parts = place.split('/');
  return !parts.includes('..') && `${place}/`.startsWith(prefix.endsWith('/') ? prefix : `${prefix}/`);
}

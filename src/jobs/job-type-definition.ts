import type { ResourceType } from '../contract/arns.ts';
import type { JobRecord, JobType } from '../state/index.ts';
import type { JobKind } from './job-runner.ts';

/** What sets one job type apart from the others. */
export interface JobTypeDefinition<Request, Description> extends JobKind<Request> {
  readonly type: JobType;
  readonly resource: ResourceType;
  readonly nameOf: (request: Request) => string;
  /** @throws SluiceError `InvalidArgument` for what AWS would refuse. */
  readonly validate: (request: Request) => void | Promise<void>;
  readonly describe: (record: JobRecord<Request>) => Description;
}

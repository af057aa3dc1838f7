import type { CredentialsHolder } from '../../contract/service-environment.ts';
import { type Database, getEndpoint, getJob, isEnded } from '../../state/index.ts';

/** Whether what has the credentials is still there: the very same, not a later one of its name. */
export async function isOpen(
  state: Database,
  { type, name, createdAt }: CredentialsHolder,
): Promise<boolean> {
  if (type === 'endpoint') return (await getEndpoint(state, name))?.createdAt === createdAt;
  const job = await getJob(state, type, name);
  return job !== undefined && job.createdAt === createdAt && !isEnded(job.status);
}

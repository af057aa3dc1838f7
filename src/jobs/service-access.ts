import type { CredentialsHolder, ServiceAccess } from '../contract/service-environment.ts';
import type { JobsContext } from './context.ts';

/** Where the AWS clients in a job find the services. Containers have a loopback of their own, isolated jobs no network. */
export function serviceAccessOf(
  context: JobsContext,
  { type, name, createdAt }: CredentialsHolder,
  isolated = false,
): ServiceAccess | undefined {
  if (isolated || context.executor.capabilities.images) return undefined;
  return context.services?.({ type, name, createdAt });
}

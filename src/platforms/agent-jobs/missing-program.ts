import type { AgentDocument } from '../../contract/agent-document.ts';
import type { JobStatus } from '../platform.ts';

/** What the init says, process 1 of the user's container, that does not find the program which it starts. */
const NO_PROGRAM = /^ERROR \(catatonit:\d+\): failed to exec pid1: (.{1,200})$/;

/** Says of a job whose image does not have the program that it starts, which one that is. Pure. */
export function tellMissingProgram(status: JobStatus, document: AgentDocument): JobStatus {
  const [, why] = NO_PROGRAM.exec(status.logTail?.at(-1) ?? '') ?? [];
  if (status.phase !== 'failed' || why === undefined || status.logTail?.length !== 1) return status;
  const program = programOf(document);
  const what = program === undefined ? 'the program that starts its script' : `'${program}'`;
  return { ...status, message: `ClientError: The image does not have ${what}: ${why}.` };
}

function programOf(document: AgentDocument): string | undefined {
  if (document.jobType === 'training')
    return document.request.AlgorithmSpecification?.ContainerEntrypoint?.[0];
  if (document.jobType === 'processing') return document.request.AppSpecification?.ContainerEntrypoint?.[0];
  return undefined;
}

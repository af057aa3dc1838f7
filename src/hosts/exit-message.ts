import { exitMessage, MAX_EXIT_MESSAGE_BYTES } from '../contract/exit-message.ts';
import { clientError } from '../contract/failure-reason.ts';
import { EXIT_MESSAGE_FILE } from '../contract/paths.ts';
import { JobFailure } from './failure.ts';
import { type Host, readJobFile } from './host.ts';

/** What the hosts of a processing job say at its end. @throws JobFailure when it is not UTF-8. */
export function readExitMessage(hosts: readonly Host[]): string | undefined {
  // One byte more than is kept shows that a character was cut.
  const messages = hosts.map((host) => readJobFile(host, EXIT_MESSAGE_FILE, MAX_EXIT_MESSAGE_BYTES + 1));
  try {
    return exitMessage(messages.filter((message) => message !== undefined));
  } catch (error) {
    throw new JobFailure(clientError((error as Error).message), error);
  }
}

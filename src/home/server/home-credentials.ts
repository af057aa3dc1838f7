import { randomBytes } from 'node:crypto';
import { SluiceError } from '../../core/errors.ts';
import { credentialsFile, jobSecretFile } from '../../core/home.ts';
import type { Credentials } from '../../core/sigv4.ts';
import { base32 } from './base32.ts';
import { readOrMakePrivate } from './private-file.ts';

/**
 * The home's own credentials: made at random for the first server that wants them, the same ever after.
 *
 * @throws SluiceError `ConfigInvalid` where the file has become something else, `HomeReadOnly`
 */
export function homeCredentials(home: string): Credentials {
  const path = credentialsFile(home);
  return parse(
    path,
    readOrMakePrivate(path, () => `${JSON.stringify(makeCredentials())}\n`),
  );
}

/** What the credentials of this home's jobs are made from. @throws SluiceError `HomeReadOnly` */
export function jobSecret(home: string): string {
  return readOrMakePrivate(jobSecretFile(home), () => randomBytes(32).toString('base64url'));
}

/** In AWS's own form: clients and tools know it. */
function makeCredentials(): Credentials {
  return {
    accessKeyId: `AKIA${base32(randomBytes(10))}`,
    secretAccessKey: randomBytes(30).toString('base64'),
  };
}

function parse(path: string, text: string): Credentials {
  try {
    const { accessKeyId, secretAccessKey } = JSON.parse(text) as Partial<Credentials>;
    if (accessKeyId && secretAccessKey) return { accessKeyId, secretAccessKey };
  } catch {
    // The error says nothing of what the file holds.
  }
  throw new SluiceError('ConfigInvalid', `${path}: expected JSON with accessKeyId and secretAccessKey.`, {
    hint: 'Remove the file: the next start makes new credentials.',
  });
}

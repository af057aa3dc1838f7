import type { CredentialsHolder } from '../../contract/service-environment.ts';
import { readSession, tokenHolder } from '../../home/server/index.ts';
import type { AccessKey, Keyring } from '../wire/keyring.ts';
import { sameBytes } from '../wire/same-bytes.ts';
import { SignatureError } from '../wire/signature-error.ts';

/** The keys of jobs, and of sessions of roles. @param isOpen whether a job still runs, an endpoint still is there */
export function createJobKeyring(
  secret: string,
  isOpen: (holder: CredentialsHolder) => Promise<boolean>,
): Keyring {
  return {
    async find(accessKeyId, sessionToken = ''): Promise<AccessKey> {
      const { credentials, read } = tokenHolder(secret, sessionToken);
      const isTrue = sameBytes(sessionToken, credentials.sessionToken);
      const assumed = isTrue ? readSession(sessionToken) : undefined;
      if (assumed) {
        if (!sameBytes(accessKeyId, credentials.accessKeyId)) throw new SignatureError('InvalidToken');
        if (assumed.expiresAt <= Date.now()) throw new SignatureError('ExpiredToken');
        const { role, session } = assumed;
        return { ...credentials, name: `${role}/${session}`, holder: 'session', assumed: { role, session } };
      }
      const holder = isTrue ? read() : undefined;
      if (!holder) throw new SignatureError('UnknownKey', { given: accessKeyId });
      if (!sameBytes(accessKeyId, credentials.accessKeyId)) throw new SignatureError('InvalidToken');
      if (!(await isOpen(holder))) throw new SignatureError('ExpiredToken');
      return { ...credentials, name: `${holder.type}/${holder.name}`, holder: 'job' };
    },
  };
}

import type { Credentials } from '../../core/sigv4.ts';
import type { AccessKey, Keyring } from '../wire/keyring.ts';
import { SignatureError } from '../wire/signature-error.ts';

/** Finds the keys of the owners, which have no token: one that comes all the same is not looked at. */
export function createKeyring(
  owners: readonly (Credentials & { readonly name?: string })[],
  jobs?: Keyring,
): Keyring {
  const keys = new Map<string, AccessKey>(
    owners.map(({ name, ...credentials }) => [
      credentials.accessKeyId,
      { ...credentials, name: name ?? credentials.accessKeyId, holder: 'owner' },
    ]),
  );
  return {
    async find(accessKeyId, sessionToken) {
      const key = keys.get(accessKeyId) ?? (await jobs?.find(accessKeyId, sessionToken));
      if (key) return key;
      throw new SignatureError('UnknownKey', { given: accessKeyId });
    },
  };
}

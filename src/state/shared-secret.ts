import { randomBytes } from 'node:crypto';
import type { Database } from './database.ts';

/** The secret of this name, made at random by whoever asks first: all who share the database get the same. */
export async function sharedSecret(state: Database, name: string): Promise<string> {
  const read = () => state.get<{ secret: string }>('SELECT secret FROM secrets WHERE name = ?', name);
  const known = await read();
  if (known) return known.secret;
  const made = randomBytes(32).toString('base64url');
  await state.run(
    'INSERT INTO secrets (name, secret) VALUES (?, ?) ON CONFLICT (name) DO NOTHING',
    name,
    made,
  );
  return (await read())?.secret ?? made;
}

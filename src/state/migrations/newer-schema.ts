import { SluiceError } from '../../core/errors.ts';

/** The error for a database that a newer version of Sluice has written. */
export function newerSchema(version: number, known: number, place: string): SluiceError {
  return new SluiceError(
    'HomeVersion',
    `${place} was written by a newer version of Sluice: its schema is ${version}, this version knows up to ${known}.`,
    { hint: 'Upgrade Sluice, or use another home with --home or SLUICE_HOME, or another DATABASE_URL.' },
  );
}

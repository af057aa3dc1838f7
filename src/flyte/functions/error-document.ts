import type { SluiceError } from '../../core/errors.ts';
import { protoTime } from '../connector/literals/write-literal.ts';

/**
 * Why a task has failed, as Flyte reads it: what the system is to blame for may help when it is tried again, as may what
 * the function has thrown; Flyte counts the retries. What is wrong with the task itself stays wrong.
 *
 * @see flyteidl.core.ErrorDocument
 */
export function errorDocument({ code, message, hint, fault }: SluiceError): object {
  const isRecoverable = fault === 'system' || code === 'TaskFailed';
  return {
    error: {
      code: `${fault === 'system' ? 'SYSTEM' : 'USER'}:${code}`,
      message: hint === undefined ? message : `${message}\n${hint}`,
      kind: isRecoverable ? 'RECOVERABLE' : 'NON_RECOVERABLE',
      origin: fault === 'system' ? 'SYSTEM' : 'USER',
      timestamp: protoTime(Date.now()),
    },
  };
}

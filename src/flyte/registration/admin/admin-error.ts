import { type ServiceError, status } from '@grpc/grpc-js';
import type { ErrorCode } from '../../../core/error-codes.ts';
import { SluiceError } from '../../../core/errors.ts';
import type { AdminSettings } from './admin-settings.ts';

/** What a refusal of FlyteAdmin's is here, and what to do about it. */
interface Meaning {
  readonly code: ErrorCode;
  readonly hint?: string;
}

const meanings: Readonly<Partial<Record<status, Meaning>>> = {
  [status.INVALID_ARGUMENT]: { code: 'InvalidArgument' },
  [status.FAILED_PRECONDITION]: { code: 'InvalidArgument' },
  [status.OUT_OF_RANGE]: { code: 'InvalidArgument' },
  [status.NOT_FOUND]: { code: 'RunNotFound', hint: 'Check the name, --project and --domain.' },
  [status.ALREADY_EXISTS]: { code: 'WorkflowVersionTaken' },
  [status.UNAUTHENTICATED]: {
    code: 'CredentialsInvalid',
    hint: 'The token was taken from where FlyteAdmin said. Check admin.authType, admin.clientId and admin.scopes.',
  },
  [status.PERMISSION_DENIED]: {
    code: 'AccessDenied',
    hint: 'Who you are is known, and may not do this: ask the administrator of Flyte.',
  },
  [status.RESOURCE_EXHAUSTED]: { code: 'Throttled' },
  [status.UNIMPLEMENTED]: {
    code: 'PlatformUnavailable',
    hint: 'Is this FlyteAdmin of Flyte 1? For Flyte 2: sluice flyte run --flyte2.',
  },
};

/** Wrong projects and domains, as FlyteAdmin words them. */
const PLACE = /failed to validate that project|is unrecognized by system|is not active/;

/** An error of gRPC as one that a user can do something about. What is one already stays as it is. */
export function adminError(error: unknown, settings: AdminSettings): unknown {
  const { code, details } = error as Partial<ServiceError>;
  if (typeof code !== 'number') return error;
  if (code === status.UNAVAILABLE || code === status.DEADLINE_EXCEEDED) return unreachable(error, settings);
  const meaning = meanings[code as status] ?? { code: 'PlatformUnavailable' as const };
  const said = details || (error as Error).message;
  const hint = PLACE.test(said)
    ? 'Check --project and --domain: the console lists the projects that there are.'
    : meaning.hint;
  return new SluiceError(meaning.code, `FlyteAdmin: ${said}`, {
    cause: error,
    ...(hint !== undefined && { hint }),
  });
}

function unreachable(error: unknown, { endpoint, insecure }: AdminSettings): SluiceError {
  const { details, message } = error as ServiceError;
  return new SluiceError(
    'PlatformUnavailable',
    `FlyteAdmin at ${endpoint} (${insecure ? 'without' : 'with'} TLS) cannot be reached: ${(details || message).replace(/ ?Resolution note: *$/, '')}`,
    {
      cause: error,
      hint: insecure
        ? 'Is the address right, and does it speak gRPC without TLS? (--endpoint, admin.endpoint, admin.insecure)'
        : 'Is the address right, and does it speak TLS? Where it does not: --insecure, or admin.insecure: true.',
    },
  );
}

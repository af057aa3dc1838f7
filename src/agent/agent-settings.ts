import { readFileSync } from 'node:fs';
import {
  AGENT_DIRECTORY,
  AGENT_VARIABLES,
  BATCH_VARIABLES,
  type BatchTry,
  INDEX_VARIABLES,
  STOP_GRACE_SECONDS,
  USER_CONTAINER,
} from '../contract/agent-places.ts';
import { deriveAgentKey } from '../contract/agent-result.ts';
import { hostName } from '../contract/hosts.ts';
import { ML_ROOT } from '../contract/paths.ts';
import { SERVING_PORT } from '../contract/serving-environment.ts';
import { SluiceError } from '../core/errors.ts';

/** What an agent is told by its container's environment. */
export interface AgentSettings {
  /** `s3://…/job.json` */
  readonly documentUri: string;
  /** Of the document. */
  readonly digest: string;
  /** Signs results. */
  readonly key: string;
  /** `algo-1` */
  readonly host: string;
  /** The volume that the user's container has too. */
  readonly mlDirectory: string;
  /** The volume that it does not have. */
  readonly directory: string;
  /** Whether FastFile channels may be mounted. Else they are copied. */
  readonly mountFastFile: boolean;
  /** Where the agent that feeds listens. @default nowhere */
  readonly port?: number | undefined;
  /** Between a stop and the time that what there is by then is taken. */
  readonly stopGraceSeconds: number;
  /** Where the container that serves a transform job's model listens. */
  readonly servingPort: number;
  /** The name of the user's container. */
  readonly container: string;
  /** On AWS Batch, which of its times to run the job this is. */
  readonly try?: BatchTry | undefined;
  /** Whether the hosts may run one after the other. */
  readonly isArray: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** What the command line says in place of the environment. */
export type AgentPlaces = Partial<Pick<AgentSettings, 'mlDirectory' | 'directory'>>;

/** Reads what an agent is told. @throws SluiceError `InvalidArgument` that names the variable */
export function readAgentSettings(environment: Environment, places: AgentPlaces = {}): AgentSettings {
  const named = (name: string, expected: string, form: RegExp): string => {
    const value = environment[name] ?? '';
    if (form.test(value)) return value;
    throw new SluiceError('InvalidArgument', `${name}: expected ${expected}, got '${value}'.`, {
      hint: 'The platform that submits a job sets it in the containers of the agent.',
    });
  };
  const portOf = (name: string): number | undefined =>
    environment[name] ? Number(named(name, 'a port', /^\d{1,5}$/)) : undefined;
  return {
    documentUri: named(AGENT_VARIABLES.document, "the document's URI, s3://…", /^s3:\/\/[^/]+\/./),
    digest: named(AGENT_VARIABLES.digest, 'a SHA-256 in hex', /^[0-9a-fA-F]{64}$/),
    key: readKey(environment),
    host: environment[AGENT_VARIABLES.host] ?? hostByIndex(environment),
    mlDirectory: places.mlDirectory ?? ML_ROOT,
    directory: places.directory ?? AGENT_DIRECTORY,
    mountFastFile: environment[AGENT_VARIABLES.fastFile] === 'mount',
    port: portOf(AGENT_VARIABLES.port),
    stopGraceSeconds: STOP_GRACE_SECONDS,
    servingPort: portOf(AGENT_VARIABLES.servingPort) ?? SERVING_PORT,
    container: environment[AGENT_VARIABLES.container] ?? USER_CONTAINER,
    try: tryIn(environment),
    isArray: Boolean(environment[BATCH_VARIABLES.arrayIndex]),
  };
}

function readKey(environment: Environment): string {
  const file = environment[AGENT_VARIABLES.keyFile];
  const { [AGENT_VARIABLES.secret]: secret, [AGENT_VARIABLES.attempt]: attempt } = environment;
  if (secret && attempt) return deriveAgentKey(secret, attempt);
  const key = file ? readFileSync(file, 'utf8').trim() : environment[AGENT_VARIABLES.key];
  if (key) return key;
  throw new SluiceError(
    'InvalidArgument',
    `${AGENT_VARIABLES.keyFile}: expected a file with the key of the job, got nothing.`,
  );
}

/** The children of an array are tried again each by itself: what the others have left stays good. */
function tryIn(environment: Environment): BatchTry | undefined {
  const { jobId: id, try: count, arrayIndex } = BATCH_VARIABLES;
  const jobId = environment[id]?.split(/[:#]/)[0];
  if (!jobId) return undefined;
  return { jobId, number: environment[arrayIndex] ? 1 : Number(environment[count] ?? 1) };
}

function hostByIndex(environment: Environment): string {
  const index = INDEX_VARIABLES.map((name) => environment[name]).find((value) =>
    /^\d{1,6}$/.test(value ?? ''),
  );
  return hostName(Number(index ?? 0));
}

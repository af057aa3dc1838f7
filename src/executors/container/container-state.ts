import { askEngine, type EngineCommand } from './engine-command.ts';

/** What an engine says of a container. */
export interface ContainerState {
  /** Whether its command has run. */
  readonly started: boolean;
  readonly running: boolean;
  readonly exitCode: number;
  readonly outOfMemory: boolean;
}

const FORMAT = '{{.State.Status}} {{.State.Running}} {{.State.ExitCode}} {{.State.OOMKilled}}';

/** The state of a container; undefined where there is none of this name. */
export async function containerState(
  { program }: EngineCommand,
  name: string,
): Promise<ContainerState | undefined> {
  const { ok, stdout } = await askEngine(program, ['container', 'inspect', '--format', FORMAT, name]);
  if (!ok) return undefined;
  const [status = '', running, exitCode, outOfMemory] = stdout.split(' ');
  return {
    started: !['created', 'initialized', 'configured'].includes(status),
    running: running === 'true',
    exitCode: Number(exitCode),
    outOfMemory: outOfMemory === 'true',
  };
}

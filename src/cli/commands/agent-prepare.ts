import type { Command } from 'commander';
import { ecsAddress, prepare } from '../../agent/index.ts';
import { AGENT_VARIABLES } from '../../contract/agent-places.ts';
import { type AgentCommandOptions, addAgentOptions, runAgent } from '../agent/run-agent.ts';
import { readContext } from '../context.ts';
import { parseCount } from '../key-value.ts';

interface Options extends AgentCommandOptions {
  readonly environmentFile?: string;
  readonly cpus?: number;
  readonly gpus?: number;
  readonly hostsFile?: string;
  readonly initFile?: string;
}

/** `sluice agent prepare` */
export function configure(command: Command): void {
  addAgentOptions(command)
    .option('--environment-file <file>', "write the environment of the user's container there")
    .option('--cpus <n>', "of the user's container (default: this one's)", parseCount)
    .option('--gpus <n>', "of the user's container (default: 0)", parseCount)
    .option(
      '--hosts-file <file>',
      'write a hosts file there once the DNS knows all hosts, which SLUICE_AGENT_PEERS names; on ECS add to it once all have told where they are',
    )
    .option('--init-file <file>', "copy an init for the user's container there")
    .addHelpText(
      'after',
      `
Runs before the user's container: writes /opt/ml/input/config, brings channels
in, makes FIFOs, unpacks code and model, restores checkpoints. The platform
tells what job it is: SLUICE_AGENT_DOCUMENT, SLUICE_AGENT_DIGEST,
SLUICE_AGENT_KEY_FILE.

Exit code 1 when the job has failed, which its result says; 2 when not even
that could be written.

Examples:
  sluice agent prepare
  sluice agent prepare --environment-file /environment/job.env`,
    )
    .action((options: Options) =>
      runAgent(command, options, async (job, onStop) => {
        onStop(() => job.stopping.abort(new Error('The job is being stopped.')));
        const { environment } = readContext(command);
        const peers = environment[AGENT_VARIABLES.peers]?.split(',');
        const { ECS_CONTAINER_METADATA_URI_V4: ecs } = environment;
        const address = options.hostsFile && !peers && ecs ? await ecsAddress(ecs) : undefined;
        const result = await prepare(job, { ...options, peers, address });
        if (result) job.note(result.failureReason ?? result.status);
        return result ? 1 : 0;
      }),
    );
}

import type { Channel, CreateTrainingJobRequest } from '@aws-sdk/client-sagemaker';
import { parseFrameworkImage } from '../../contract/framework-images.ts';
import { planHosts } from '../../contract/hosts.ts';
import { interpreterFor, NODE_IMAGE, PYTHON_IMAGE } from '../../contract/images.ts';
import { channelDirectory } from '../../contract/paths.ts';
import { hyperparameterArguments, trainingEnvironment } from '../../contract/training-environment.ts';
import type { JobTask } from '../../graph/index.ts';
import { refuseCodeInput } from './inputs.ts';

/** The channels of the code, and of the driver that runs it. */
const CODE_CHANNEL = 'sluice_code';
const DRIVER_CHANNEL = 'sluice_driver';

/** What the driver is told: a file beside it. */
export interface DriverPlan {
  /** In the code. */
  readonly program: string;
  readonly arguments: readonly string[];
  /** Whether it is for a launcher of several processes, which the toolkit alone has. */
  readonly distributed: boolean;
  /** What the toolkit sets, by host. What depends on the machine is the driver's. */
  readonly environment: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** Which driver starts a script: a file of `toolkit/`. */
export type Driver = 'driver.mjs' | 'driver.py';

/**
 * The driver that a training script needs, or undefined where its image finds the script by itself: those of SageMaker's
 * frameworks do, and what stands for an image here. Pure.
 *
 * @param image as its request has it
 */
export function driverOf({ type, script, command }: JobTask, image: string | undefined): Driver | undefined {
  if (type !== 'training' || !script || command || image === undefined) return undefined;
  if (image === NODE_IMAGE || image === PYTHON_IMAGE || parseFrameworkImage(image)) return undefined;
  return interpreterFor(script.entry) === 'node' ? 'driver.mjs' : 'driver.py';
}

/** What the driver of a request is to do. Pure. */
export function driverPlan(entry: string, request: CreateTrainingJobRequest): DriverPlan {
  const { ResourceConfig: resources = {}, Environment: own } = request;
  // The code lies where the toolkit has it.
  const { sagemaker_submit_directory: _, ...hyperparameters } = request.HyperParameters ?? {};
  const { hosts } = planHosts(resources);
  const environment = hosts.map((host) => {
    const told = { ...request, HyperParameters: hyperparameters };
    const all = trainingEnvironment({ request: told, host, arn: '', region: '', cpus: 0, gpus: 0 });
    const toolkits = Object.entries(all).filter(
      ([name]) => name.startsWith('SM_') && own?.[name] === undefined,
    );
    return [host, Object.fromEntries(toolkits)] as const;
  });
  return {
    program: entry,
    arguments: hyperparameterArguments(hyperparameters),
    distributed: Object.keys(hyperparameters).some((name) => /^sagemaker_.+_enabled$/.test(name)),
    environment: Object.fromEntries(environment),
  };
}

/**
 * A request for an image of one's own, by which the driver starts the script. Pure.
 *
 * @param places prefixes that end in `/`
 * @throws SluiceError `InvalidArgument` where data has the name of one of its channels
 */
export function driveTraining(
  task: JobTask,
  request: CreateTrainingJobRequest,
  driver: Driver,
  places: { readonly codeUri: string; readonly driverUri: string },
): CreateTrainingJobRequest {
  const names = (request.InputDataConfig ?? []).map(({ ChannelName }) => ChannelName ?? '');
  for (const name of [CODE_CHANNEL, DRIVER_CHANNEL]) refuseCodeInput(task, name, names);
  const program = driver === 'driver.py' ? 'python3' : 'node';
  return {
    ...request,
    AlgorithmSpecification: {
      TrainingInputMode: 'File',
      ...request.AlgorithmSpecification,
      ContainerEntrypoint: [program, `${channelDirectory(DRIVER_CHANNEL)}/${driver}`],
    },
    HyperParameters: {
      ...request.HyperParameters,
      // Where the toolkit of an image that has one looks.
      sagemaker_submit_directory: JSON.stringify(channelDirectory(CODE_CHANNEL)),
    },
    InputDataConfig: [
      ...(request.InputDataConfig ?? []),
      channel(CODE_CHANNEL, places.codeUri),
      channel(DRIVER_CHANNEL, places.driverUri),
    ],
  };
}

function channel(name: string, uri: string): Channel {
  return {
    ChannelName: name,
    InputMode: 'File',
    DataSource: {
      S3DataSource: { S3DataType: 'S3Prefix', S3Uri: uri, S3DataDistributionType: 'FullyReplicated' },
    },
  };
}

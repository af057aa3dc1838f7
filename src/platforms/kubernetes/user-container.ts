import type { AgentDocument } from '../../contract/agent-document.ts';
import { agentEnvironment, type ContainerMachine, documentHosts } from '../../contract/agent-environment.ts';
import { interpreterFor, scriptCommand } from '../../contract/images.ts';
import { CODE_DIRECTORY } from '../../contract/paths.ts';
import { SluiceError } from '../../core/errors.ts';
import type { JobTask } from '../../graph/index.ts';
import type { UserContainer } from './pod-template.ts';

/** Installs what the code's requirements.txt names, and runs the rest: an image of Python need not have a shell. */
const INSTALL_AND_RUN = [
  'import os, subprocess, sys',
  "status = subprocess.call([sys.executable, '-m', 'pip', 'install', '-r', 'requirements.txt'])",
  'status and sys.exit(status)',
  'os.execvp(sys.argv[1], sys.argv[1:])',
].join('\n');

/**
 * A task with the image that it runs in, where it names none: that of the settings for its kind of script. Pure.
 *
 * @throws SluiceError `InvalidArgument` where there is none: such a platform has no Node.js or Python of its own
 */
export function withImage<Task extends JobTask>(
  task: Task,
  {
    images = {},
  }: {
    readonly images?:
      | { readonly node?: string | undefined; readonly python?: string | undefined }
      | undefined;
  },
  platform: string,
): Task {
  if (!bringsOnlyScript(task)) return task;
  const kind = isPython(task) ? 'python' : 'node';
  const image = images[kind];
  if (image !== undefined) return { ...task, image };
  throw new SluiceError(
    'InvalidArgument',
    `Task '${task.name}' names no image, and the platform '${platform}' needs one to run '${programOf(task) ?? task.name}' in.`,
    {
      hint: `Set platforms.${platform}.images.${kind} of the configuration, or image of the task: docs/${platform === 'batch' ? 'batch' : 'kubernetes'}.md.`,
    },
  );
}

/** Whether nothing but its script says what runs: then no toolkit in the image starts it. Pure. */
export function bringsOnlyScript(task: JobTask): boolean {
  const isAlgorithm = task.type === 'training' && task.algorithm !== undefined;
  return task.image === undefined && task.framework === undefined && !isAlgorithm;
}

function programOf(task: JobTask): string | undefined {
  const { command = [] } = task;
  return task.script?.entry ?? command.find((word) => interpreterFor(word) !== undefined) ?? command[0];
}

function isPython(task: JobTask): boolean {
  return (
    interpreterFor(programOf(task) ?? '') === 'python3' ||
    /(^|\/)python[0-9.]*$/.test(task.command?.[0] ?? '')
  );
}

/**
 * What the user's container of a job runs. A script that no toolkit starts is started as the toolkit would: in its
 * directory, with the hyperparameters for arguments. Pure.
 *
 * @param script - The file to run where no toolkit does
 */
export function userContainer(
  document: AgentDocument,
  machine: ContainerMachine,
  script?: { readonly entry: string; readonly requirements: boolean },
): UserContainer {
  const hosts = documentHosts(document);
  const environments = hosts.map((host) => agentEnvironment(document, host, machine));
  const [first = {}] = environments;
  const isSame = (name: string): boolean => environments.every((each) => each[name] === first[name]);
  const names = [...new Set(environments.flatMap((each) => Object.keys(each)))];
  const environment = Object.fromEntries(names.filter(isSame).map((name) => [name, first[name] as string]));
  return {
    ...programFor(document, environment, script),
    hostVariables: names.filter((name) => !isSame(name)),
  };
}

function programFor(
  document: AgentDocument,
  environment: Record<string, string>,
  script: { readonly entry: string; readonly requirements: boolean } | undefined,
): Omit<UserContainer, 'hostVariables'> {
  if (document.jobType === 'processing') {
    const { ImageUri, ContainerEntrypoint, ContainerArguments } = document.request.AppSpecification ?? {};
    return {
      image: ImageUri ?? '',
      command: ContainerEntrypoint,
      arguments: ContainerArguments,
      environment,
    };
  }
  if (document.jobType === 'transform')
    return { image: document.model.PrimaryContainer?.Image ?? '', arguments: ['serve'], environment };
  const { TrainingImage, ContainerEntrypoint, ContainerArguments } =
    document.request.AlgorithmSpecification ?? {};
  const image = TrainingImage ?? '';
  if (ContainerEntrypoint)
    return { image, command: ContainerEntrypoint, arguments: ContainerArguments, environment };
  return script
    ? scriptProgram(image, script, environment)
    : { image, arguments: ContainerArguments ?? ['train'], environment };
}

function scriptProgram(
  image: string,
  { entry, requirements }: { readonly entry: string; readonly requirements: boolean },
  environment: Record<string, string>,
): Omit<UserContainer, 'hostVariables'> {
  const words = JSON.parse(environment['SM_USER_ARGS'] ?? '[]') as string[];
  const program = [...scriptCommand(entry), ...words];
  return {
    image,
    command: requirements ? ['python3', '-c', INSTALL_AND_RUN, ...program] : program,
    workingDirectory: CODE_DIRECTORY,
    environment: {
      PYTHONUNBUFFERED: '1',
      ...environment,
      PYTHONPATH: [CODE_DIRECTORY, environment['PYTHONPATH']].filter(Boolean).join(':'),
    },
  };
}

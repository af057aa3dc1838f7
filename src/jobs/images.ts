import { clientError } from '../contract/failure-reason.ts';
import { NODE_IMAGE, PYTHON_IMAGE } from '../contract/images.ts';
import { JobFailure } from './failure.ts';

/** What a job's request says of its container. */
export interface ContainerSpecification {
  readonly image?: string | undefined;
  readonly entrypoint?: readonly string[] | undefined;
  readonly arguments?: readonly string[] | undefined;
}

/** An image whose programs this machine has. */
export type LocalRuntime = 'node' | 'python';

/** Which local programs stand for an image, or undefined for an image that only a container engine can run. */
export function localRuntime(image: string | undefined): LocalRuntime | undefined {
  if (image === NODE_IMAGE) return 'node';
  return image === PYTHON_IMAGE ? 'python' : undefined;
}

/**
 * The command of a training or processing container on this machine. An entrypoint runs as it says, with local
 * programs.
 *
 * @throws JobFailure when the image's own command would have to run.
 */
export function containerCommand(container: ContainerSpecification): [string, ...string[]] {
  const [program, ...rest] = container.entrypoint ?? [];
  if (program !== undefined) return [program, ...rest, ...(container.arguments ?? [])];
  throw new JobFailure(
    clientError(
      `${cannotRun(container.image)} Give the job a ContainerEntrypoint that names a program of this machine.`,
    ),
  );
}

/** The runtime of a model's image. @throws JobFailure when this machine has none for it. */
export function servingRuntime(image: string | undefined): LocalRuntime {
  const runtime = localRuntime(image);
  if (runtime === 'node') return runtime;
  throw new JobFailure(
    clientError(
      `Models of image '${image}' cannot be served on this machine. Use the image ${NODE_IMAGE} with an inference script for Node.js.`,
    ),
  );
}

function cannotRun(image: string | undefined): string {
  const name = image === undefined ? 'A job without an image' : `Image '${image}'`;
  return localRuntime(image)
    ? `${name} has no command of its own here.`
    : `${name} cannot be run on this machine.`;
}

import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FrameworkImage, FrameworkPackage } from '../../contract/framework-images.ts';
import type { Mount } from '../../contract/mount.ts';
import type { HostProgram, PrepareProgramOptions } from './host-program.ts';
import { prepareJobPython } from './job-python.ts';

/** Where a job sees the programs of algorithms. */
const JOB_DIRECTORY = '/opt/sluice';

/** An algorithm of SageMaker's own, in place of its container. */
export interface AlgorithmRun {
  readonly image: FrameworkImage;
  /** The content types of its channels. */
  readonly contentTypes: readonly string[];
}

const PYARROW: FrameworkPackage = { name: 'pyarrow', module: 'pyarrow' };

/** Makes XGBoost's algorithm ready on one host. @throws JobFailure */
export async function prepareAlgorithm(
  { image, contentTypes }: AlgorithmRun,
  options: PrepareProgramOptions,
): Promise<HostProgram> {
  const { life, environment, mounts, ports = [] } = options;
  const parquet = contentTypes.some((type) => type.includes('parquet'));
  const python = await prepareJobPython({
    ...options,
    ...image,
    extraPackages: parquet ? [PYARROW] : [],
  });
  const shown = programFiles(life.context.executor.capabilities.mounts);
  return {
    command: [python.executable, join(shown.directory, 'algorithms', 'xgboost', 'train.py')],
    environment: {
      ...python.defaults,
      ...environment,
      ...python.overrides,
      ...(image.version !== undefined && { SLUICE_IMAGE_VERSION: image.version }),
      SLUICE_TRACKER_PORTS: JSON.stringify(ports),
    },
    mounts: [...mounts, ...shown.mounts, ...python.mounts],
  };
}

/** Where the algorithm's program is in the job, with the serving half, whose readers of data it shares. */
function programFiles(mounts: boolean): { readonly directory: string; readonly mounts: readonly Mount[] } {
  const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
  if (!mounts) return { directory: root, mounts: [] };
  return {
    directory: JOB_DIRECTORY,
    mounts: ['algorithms', 'serving'].map((room) => ({
      source: join(root, room),
      target: `${JOB_DIRECTORY}/${room}`,
      readOnly: true,
    })),
  };
}

import { SluiceError } from '../core/errors.ts';
import { suggest } from '../core/suggest.ts';

type Settings = Readonly<Record<string, unknown>>;

/** Of each distribution, the hyperparameter that enables it. */
const ENABLED: Readonly<Record<string, string>> = {
  torch_distributed: 'sagemaker_torch_distributed_enabled',
  mpi: 'sagemaker_mpi_enabled',
  parameter_server: 'sagemaker_parameter_server_enabled',
  multi_worker_mirrored_strategy: 'sagemaker_multi_worker_mirrored_strategy_enabled',
  pytorchddp: 'sagemaker_pytorch_ddp_enabled',
  pytorchxla: 'sagemaker_pytorch_xla_multi_worker_enabled',
};

/** Further settings of a distribution, and their hyperparameters. */
const SETTINGS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  mpi: {
    processes_per_host: 'sagemaker_mpi_num_of_processes_per_host',
    custom_mpi_options: 'sagemaker_mpi_custom_mpi_options',
  },
  pytorchddp: { custom_mpi_options: 'sagemaker_mpi_custom_mpi_options' },
};

/**
 * The hyperparameters that ask for a distribution, as SageMaker's SDK sends them. Pure.
 *
 * @throws SluiceError `InvalidArgument` for a distribution, or a setting of one, that nobody knows
 * @see https://sagemaker.readthedocs.io/en/stable/api/training/distributed.html
 */
export function distributionHyperparameters(
  distribution: Readonly<Record<string, Settings>> = {},
): Record<string, string> {
  return Object.assign({}, ...Object.entries(distribution).map(([name, settings]) => oneOf(name, settings)));
}

function oneOf(name: string, { enabled = false, ...settings }: Settings): Record<string, string> {
  const hyperparameter = Object.hasOwn(ENABLED, name) ? ENABLED[name] : undefined;
  if (hyperparameter === undefined) throw unknown(`there is no '${name}'`, name, Object.keys(ENABLED));
  if (typeof enabled !== 'boolean') {
    throw invalid(`${name}.enabled: expected true or false, got ${JSON.stringify(enabled)}`);
  }
  if (!enabled) return {};
  const known = SETTINGS[name] ?? {};
  const given = Object.entries(settings).map(([setting, value]) => {
    if (!Object.hasOwn(known, setting)) {
      throw unknown(`${name} has no '${setting}'`, setting, ['enabled', ...Object.keys(known)]);
    }
    return [known[setting] as string, JSON.stringify(value)];
  });
  return { [hyperparameter]: 'true', ...Object.fromEntries(given) };
}

function unknown(problem: string, name: string, names: readonly string[]): SluiceError {
  return invalid(problem, suggest(name, names));
}

function invalid(problem: string, hint?: string): SluiceError {
  return new SluiceError('InvalidArgument', `distribution: ${problem}.`, hint === undefined ? {} : { hint });
}

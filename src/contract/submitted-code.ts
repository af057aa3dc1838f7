import { CODE_DIRECTORY } from './paths.ts';

/**
 * The archive of code that SageMaker's training toolkit looks for, `s3://…`; undefined where there is none. Pure.
 *
 * @see sagemaker_training/params.py, SUBMIT_DIR_PARAM
 */
export function submittedCode({
  hyperparameters = {},
  environment = {},
}: {
  readonly hyperparameters?: Readonly<Record<string, string>> | undefined;
  readonly environment?: Readonly<Record<string, string>> | undefined;
}): string | undefined {
  const named =
    hyperparameters['sagemaker_submit_directory'] ?? environment['SAGEMAKER_SUBMIT_DIRECTORY'] ?? '';
  return /^"?(s3:\/\/[^"]+)"?$/.exec(named)?.[1];
}

/** The archive of a model's code, as SageMaker's SDK names it; undefined where there is none. Pure. */
export function modelCode(environment: Readonly<Record<string, string>>): string | undefined {
  const uri = environment['SAGEMAKER_SUBMIT_DIRECTORY'];
  return uri !== undefined && /^(s3|file):\/\//.test(uri) ? uri : undefined;
}

/** The environment of a model whose code was brought to where it belongs. Pure. */
export function withModelCode(
  environment: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  if (modelCode(environment) === undefined) return environment;
  return { ...environment, SAGEMAKER_SUBMIT_DIRECTORY: CODE_DIRECTORY };
}

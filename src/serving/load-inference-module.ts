import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { messageOf } from './http-error.ts';
import { ServingError } from './serving-error.ts';
import type { InferenceModule } from './types.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const DEFAULT_MODEL_DIRECTORY = '/opt/ml/model';
const DEFAULT_SCRIPTS = ['inference.ts', 'inference.mts', 'inference.js', 'inference.mjs', 'inference.cjs'];

/** The directory of the model: `SM_MODEL_DIR`, else `/opt/ml/model`. */
export function modelDirectory(environment: Environment): string {
  return environment['SM_MODEL_DIR'] || DEFAULT_MODEL_DIRECTORY;
}

/**
 * Finds the inference script: `SAGEMAKER_PROGRAM` in `SAGEMAKER_SUBMIT_DIRECTORY`; by default `inference.ts` or
 * `.js` in the model's `code` directory.
 *
 * @throws ServingError
 */
export function findScript(environment: Environment): string {
  const directory = submitDirectory(environment);
  const program = environment['SAGEMAKER_PROGRAM'];
  const candidates = (program ? [program] : DEFAULT_SCRIPTS).map((name) => join(directory, name));
  const found = candidates.find((path) => existsSync(path));
  if (found) return found;
  throw new ServingError(
    program
      ? `SAGEMAKER_PROGRAM: ${candidates[0]} does not exist.`
      : `No inference script in ${directory}: expected ${DEFAULT_SCRIPTS.join(' or ')}, or SAGEMAKER_PROGRAM.`,
  );
}

/** Loads the inference script and checks what it exports. @throws ServingError */
export async function loadInferenceModule(script: string): Promise<InferenceModule> {
  let loaded: Readonly<Record<string, unknown>>;
  try {
    loaded = (await import(pathToFileURL(script).href)) as Readonly<Record<string, unknown>>;
  } catch (error) {
    throw new ServingError(`${script} cannot be loaded: ${detailsOf(error)}`, { cause: error });
  }
  const exported = { ...asObject(loaded['default']), ...loaded };
  if (typeof exported['modelFn'] !== 'function') {
    const names = Object.keys(loaded).join(', ') || 'nothing';
    throw new ServingError(`${script} has to export a function modelFn(modelDir); it exports ${names}.`);
  }
  for (const name of ['inputFn', 'predictFn', 'outputFn']) {
    const type = typeof exported[name];
    if (type !== 'undefined' && type !== 'function') {
      throw new ServingError(`${script}: expected ${name} to be a function, got ${type}.`);
    }
  }
  return exported as unknown as InferenceModule;
}

/** A place that is not on this machine (`s3://…`) was unpacked into the model already. */
function submitDirectory(environment: Environment): string {
  const given = environment['SAGEMAKER_SUBMIT_DIRECTORY'] ?? '';
  const path = given.startsWith('file://') ? fileURLToPath(given) : given;
  return path.startsWith('/') ? path : join(modelDirectory(environment), 'code');
}

function asObject(value: unknown): object {
  return typeof value === 'object' && value !== null ? value : {};
}

/** A syntax error's stack begins with the line where it is; the rest is Node's own. */
function detailsOf(error: unknown): string {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  const lines = stack.split('\n').filter((line) => !/^\s+at (?:.*\()?node:/.test(line));
  return lines.join('\n').trim() || messageOf(error);
}

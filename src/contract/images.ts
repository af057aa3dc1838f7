/** The image of a Node script that names none: the job runs with the local Node.js. */
export const NODE_IMAGE = 'sluice/node:24';

/** The image of a Python script that names none: the job runs with the local Python. */
export const PYTHON_IMAGE = 'sluice/python:3';

/** The program that runs a script of this name, or undefined for a file that is executable itself. */
export function interpreterFor(script: string): 'node' | 'python3' | undefined {
  if (/\.(?:ts|mts|js|mjs|cjs|cts)$/.test(script)) return 'node';
  return script.endsWith('.py') ? 'python3' : undefined;
}

/** The image of a script that names none. */
export function imageForScript(script: string): string {
  return interpreterFor(script) === 'python3' ? PYTHON_IMAGE : NODE_IMAGE;
}

/** The command of a script at `path` in the job: its interpreter and itself. */
export function scriptCommand(path: string): [string, ...string[]] {
  const interpreter = interpreterFor(path);
  return interpreter ? [interpreter, path] : [path];
}

/**
 * What the images of Sluice's own set for every job, as SageMaker's framework images do: UTF-8, and Python whose
 * output comes as it is printed. The request's Environment wins.
 */
export function imageEnvironment(image: string): Record<string, string> {
  if (image === PYTHON_IMAGE) return { LANG: 'C.UTF-8', PYTHONUNBUFFERED: '1', PYTHONDONTWRITEBYTECODE: '1' };
  // A package.json without a type is no fault of the job: Node would say so in its log.
  const quiet = { NODE_OPTIONS: '--disable-warning=MODULE_TYPELESS_PACKAGE_JSON' };
  return image === NODE_IMAGE ? { LANG: 'C.UTF-8', ...quiet } : {};
}

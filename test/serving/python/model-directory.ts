import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type PythonServer, startPythonServer } from '../../harness/python-server.ts';

/** A model with a script, and what serves it. Dispose of it. */
export interface ServedModel extends PythonServer {
  readonly directory: string;
}

/** Serves a model that is a script, and files beside it. Its own Python is enough. */
export async function serveScript(
  framework: string,
  script: string,
  options: {
    readonly files?: Readonly<Record<string, string>>;
    readonly environment?: Record<string, string>;
  } = {},
): Promise<ServedModel> {
  const directory = await mkdtemp(join(tmpdir(), 'sluice-python-'));
  try {
    const files = { 'code/inference.py': script, ...options.files };
    for (const [name, content] of Object.entries(files)) {
      await mkdir(dirname(join(directory, name)), { recursive: true });
      await writeFile(join(directory, name), content);
    }
    const server = await startPythonServer('python3', {
      SM_MODEL_DIR: directory,
      SLUICE_FRAMEWORK: framework,
      SAGEMAKER_PROGRAM: 'inference.py',
      ...options.environment,
    });
    return {
      ...server,
      directory,
      [Symbol.asyncDispose]: async () => {
        await server[Symbol.asyncDispose]();
        await rm(directory, { recursive: true });
      },
    };
  } catch (error) {
    await rm(directory, { recursive: true });
    throw error;
  }
}

import { bundlesOf, type WorkflowGraph } from '../../graph/index.ts';
import { jsonToStruct, structToJson } from '../connector/literals/struct.ts';
import type { FlytePackage, TaskSpec } from './plan/messages.ts';

/** The most code that a task brings, characters of base64: it stands in every execution of the workflow. */
const MOST_CHARACTERS = 192 * 1024;

/** The code of a package, and who is told of what it has no room for. */
export interface InlineOptions {
  /** The archive of a bundle, by its digest. */
  readonly archive: (digest: string) => Promise<Buffer>;
  readonly say: (message: string) => void;
}

/** A package whose tasks bring their code, as one of `pyflyte package` does: nobody uploads it. */
export async function inlineBundles(planned: FlytePackage, options: InlineOptions): Promise<FlytePackage> {
  const tasks: TaskSpec[] = [];
  for (const task of planned.tasks) tasks.push(await withCode(task, options));
  return { ...planned, tasks };
}

async function withCode(task: TaskSpec, { archive, say }: InlineOptions): Promise<TaskSpec> {
  const { template } = task;
  if (!template.custom) return task;
  const custom = structToJson(template.custom);
  const digests = [...bundlesOf(custom['graph'] as unknown as WorkflowGraph).keys()];
  if (digests.length === 0) return task;
  const archives = await Promise.all(
    digests.map(async (digest) => (await archive(digest)).toString('base64')),
  );
  const characters = archives.reduce((sum, { length }) => sum + length, 0);
  if (characters > MOST_CHARACTERS) {
    say(
      `note: the code of ${template.id.name} is too large for the package (${characters} characters, at most ${MOST_CHARACTERS}): it has to be in the connector's default bucket, or register without --dry-run.`,
    );
    return task;
  }
  const bundles = Object.fromEntries(digests.map((digest, at) => [digest, archives[at] as string]));
  return { ...task, template: { ...template, custom: jsonToStruct({ ...custom, bundles }) } };
}

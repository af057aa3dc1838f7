import { mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { admin } from '../../../src/flyte/registration/admin/admin-protos.ts';
import type { FakeFlyteAdmin } from '../../harness/flyte-admin.ts';

/** What FlyteAdmin has, as the files that Propeller's compiler reads. @returns their directory, a new one in `parent` */
export async function packageOf({ entities }: FakeFlyteAdmin, parent: string): Promise<string> {
  const into = await mkdtemp(join(parent, 'admin-'));
  const types = { TASK: ['TaskSpec', 1], WORKFLOW: ['WorkflowSpec', 2] } as const;
  for (const [key, request] of entities) {
    const [type = '', name] = key.split(' ');
    const [message, digit] = types[type as keyof typeof types] ?? [];
    if (message) await writeFile(join(into, `${name}_${digit}.pb`), admin(message).encode(request.spec));
  }
  return into;
}

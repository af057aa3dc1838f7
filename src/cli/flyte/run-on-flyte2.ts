import { SluiceError } from '../../core/errors.ts';
import {
  consoleLink,
  contentVersion,
  createRun2,
  inlineBundles,
  planPackage,
  planRun2,
} from '../../flyte/registration/index.ts';
import type { Json } from '../../graph/index.ts';
import type { CliContext } from '../context.ts';
import { printDocument } from '../output.ts';
import { type FlyteOptions, openAdmin, placeOf } from './flyte-options.ts';
import type { FlyteWorkflow } from './flyte-workflows.ts';
import { planOptions, type RegistrationOptions } from './registration-options.ts';

/** How a workflow is run on Flyte 2. */
export interface RunOnFlyte2Options {
  readonly options: FlyteOptions & RegistrationOptions & { readonly name?: string; readonly watch?: boolean };
  readonly context: CliContext;
  /** Of its inputs. */
  readonly values: Readonly<Record<string, Json>>;
}

/**
 * Begins a run of Flyte 2, which is one task of the connector's and brings its code: nothing is registered.
 *
 * @throws SluiceError `InvalidArgument`; as FlyteAdmin
 */
export async function runOnFlyte2(
  { graph, archive }: FlyteWorkflow,
  { options, context, values }: RunOnFlyte2Options,
): Promise<void> {
  if (options.watch)
    throw new SluiceError('InvalidArgument', '--watch: expected an execution of Flyte 1.', {
      hint: 'Leave it out; the page of the run shows how it goes on.',
    });
  const place = placeOf(options);
  const plan = { ...planOptions(graph, options), pipeline: true };
  const version = options.version ?? contentVersion(plan);
  const planned = await inlineBundles(planPackage({ ...plan, place, version }), {
    archive,
    say: () => {
      throw tooLarge();
    },
  });
  const run = planRun2(graph, planned, values);
  await using admin = await openAdmin(options, context, { version: 2 });
  const id = await createRun2(admin, place, run, options.name);
  const path = `v2/domain/${id.domain}/project/${id.project}/runs/${id.name}`;
  const url = consoleLink(admin.settings, path);
  printDocument(context, { ...id, url }, () => `${id.name}\n${url}`);
}

function tooLarge(): SluiceError {
  return new SluiceError('LimitExceeded', 'The code of the workflow is too large for a run of Flyte 2.', {
    hint: 'Its archives may have 192 KiB together: keep what is not code out of the directories of scripts.',
  });
}

import { SluiceError } from '../../core/errors.ts';
import type { EmrSettings } from '../../core/platforms-settings.ts';
import type { AwsAccess } from '../aws/aws-access.ts';
import { createStepsTarget } from './cluster-steps.ts';
import type { EmrRef } from './emr-ref.ts';
import type { EmrTarget } from './emr-target.ts';
import { createServerlessTarget } from './serverless.ts';

/** What a target is chosen by. */
export interface ChooseTargetOptions {
  readonly access: AwsAccess;
  readonly settings: EmrSettings;
  readonly logUri: string;
}

/**
 * Where applications run: what the settings name. A job that there is already is asked for where it is, whatever they say.
 *
 * @throws SluiceError `ConfigInvalid` for settings that name neither an application nor a cluster, or both
 */
export function chooseTarget({ access, settings, logUri }: ChooseTargetOptions, ref?: EmrRef): EmrTarget {
  const { applicationId, clusterId } = ref ? placeOf(ref) : settings;
  if (applicationId !== undefined && clusterId !== undefined) {
    throw wrong(
      'applicationId and clusterId are both set',
      'Leave one of them out: Serverless runs jobs of an application, a cluster runs steps.',
    );
  }
  if (applicationId !== undefined) {
    return createServerlessTarget({ access, settings: { ...settings, applicationId }, logUri });
  }
  if (clusterId !== undefined) return createStepsTarget({ access, settings: { ...settings, clusterId } });
  throw wrong(
    'neither applicationId nor clusterId is set',
    'Set applicationId: that of an EMR Serverless application; or clusterId: j-….',
  );
}

function placeOf({ kind, place }: EmrRef): Pick<EmrSettings, 'applicationId' | 'clusterId'> {
  return kind === 'serverless' ? { applicationId: place } : { clusterId: place };
}

function wrong(reason: string, hint: string): SluiceError {
  return new SluiceError('ConfigInvalid', `platforms.emr: ${reason}.`, { hint });
}

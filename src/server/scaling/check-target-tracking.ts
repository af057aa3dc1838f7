import type {
  CustomizedMetricSpecification,
  TargetTrackingScalingPolicyConfiguration,
} from '@aws-sdk/client-application-auto-scaling';
import { validationError } from '../wire/aws-error.ts';

/** The one predefined metric of endpoints that is served. */
const INVOCATIONS = 'SageMakerVariantInvocationsPerInstance';

/**
 * Refuses a policy that cannot be followed.
 *
 * @throws AwsError `ValidationException`
 */
export function checkTargetTracking(policy: TargetTrackingScalingPolicyConfiguration): void {
  const { TargetValue: target = 0 } = policy;
  const { PredefinedMetricSpecification: predefined, CustomizedMetricSpecification: custom } = policy;
  if (!(target > 0)) throw validationError(`TargetValue: expected a number above 0, got ${target}.`);
  for (const cooldown of ['ScaleOutCooldown', 'ScaleInCooldown'] as const) {
    const seconds = policy[cooldown] ?? 0;
    if (seconds < 0) throw validationError(`${cooldown}: expected at least 0 seconds, got ${seconds}.`);
  }
  if ((predefined === undefined) === (custom === undefined)) {
    throw validationError(
      'Exactly one of PredefinedMetricSpecification and CustomizedMetricSpecification must be given.',
    );
  }
  if (predefined && predefined.PredefinedMetricType !== INVOCATIONS) {
    throw validationError(
      `Sluice serves the predefined metric ${INVOCATIONS}, not ${predefined.PredefinedMetricType}.`,
    );
  }
  if (custom) checkCustomized(custom);
}

function checkCustomized(metric: CustomizedMetricSpecification): void {
  if (metric.Metrics) {
    throw validationError(
      'CustomizedMetricSpecification.Metrics: Sluice serves no metric math; name one metric by MetricName, Namespace, Dimensions and Statistic.',
    );
  }
  for (const member of ['MetricName', 'Namespace', 'Statistic'] as const) {
    if (metric[member] === undefined)
      throw validationError(`CustomizedMetricSpecification.${member} must be given.`);
  }
}

import { validateAlgorithm } from '../contract/algorithm-image-uri.ts';
import { validateInstanceType } from '../contract/instance-types.ts';
import { errorMessage } from '../core/errors.ts';
import type { Report } from './problems.ts';
import type { JobTask } from './types.ts';

/**
 * What SageMaker takes at most.
 *
 * Source: the service model of SageMaker (botocore 1.44.8) and API_ResourceConfig.
 */
const MOST = { types: 5, subnets: 16, securityGroups: 5, keepAliveSeconds: 3600 } as const;

/** Checks where a job of SageMaker runs: further instance types, network, warm pool. */
export function checkResources(task: JobTask, report: Report): void {
  checkPreferences(task, report);
  const { subnets, securityGroupIds } = task.vpcConfig ?? {};
  if (subnets) count('vpcConfig.subnets', subnets.length, MOST.subnets, report);
  if (securityGroupIds)
    count('vpcConfig.securityGroupIds', securityGroupIds.length, MOST.securityGroups, report);
  if (task.type !== 'training') return;
  checkWarmPool(task, report);
  checkAlgorithm(task, report);
}

function checkAlgorithm(
  { algorithm, script, command, image, framework }: Extract<JobTask, { type: 'training' }>,
  report: Report,
): void {
  if (algorithm === undefined) return;
  try {
    validateAlgorithm(algorithm);
  } catch (error) {
    report(errorMessage(error));
  }
  if (script || command || image !== undefined || framework !== undefined)
    report('algorithm: it is what runs; leave out script, command, image and framework.');
}

function checkPreferences(task: JobTask, report: Report): void {
  const { instanceType, instancePreferences: others = [] } = task;
  if (others.length === 0) return;
  const types = [instanceType, ...others];
  if (types.length > MOST.types)
    report(
      `instancePreferences: expected at most ${MOST.types - 1} beside instanceType, got ${others.length}.`,
    );
  for (const type of others) {
    try {
      validateInstanceType(type, 'instancePreferences');
    } catch (error) {
      report(errorMessage(error));
    }
  }
  const twice = types.find((type, index) => types.indexOf(type) < index);
  if (twice !== undefined) report(`instancePreferences: '${twice}' is named twice.`);
}

function checkWarmPool(task: Extract<JobTask, { type: 'training' }>, report: Report): void {
  const { keepAlivePeriodInSeconds: seconds } = task;
  if (seconds === undefined) return;
  if (!Number.isInteger(seconds) || seconds < 0 || seconds > MOST.keepAliveSeconds)
    report(`keepAlivePeriodInSeconds: expected 0 to ${MOST.keepAliveSeconds}, got ${seconds}.`);
  if (seconds > 0 && task.enableManagedSpotTraining)
    report('keepAlivePeriodInSeconds: spot instances are not kept; leave out useSpotInstances, or this.');
}

function count(what: string, actual: number, most: number, report: Report): void {
  if (actual < 1 || actual > most) report(`${what}: expected 1 to ${most}, got ${actual}.`);
}

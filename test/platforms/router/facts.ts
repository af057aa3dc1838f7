import { builtInPrices } from '../../../src/platforms/prices/index.ts';
import type { ChooseOptions } from '../../../src/platforms/router/choose-options.ts';
import type { TaskFacts } from '../../../src/platforms/router/facts.ts';
import { PLATFORM_NAMES } from '../../../src/platforms/router/platform-names.ts';
import { compileRules } from '../../../src/platforms/router/rules.ts';

/** A training job of an hour, and what differs. */
export function someFacts(facts: Partial<TaskFacts> = {}): TaskFacts {
  return {
    task: 'train',
    jobType: 'training',
    instanceType: 'ml.m5.xlarge',
    instanceCount: 1,
    durationSeconds: 3600,
    durationFrom: 'given',
    dataSizeFrom: 'unknown',
    gpuCount: 0,
    gpuCountFrom: 'instance',
    ...facts,
  };
}

/** Every platform enabled, on a large machine without GPUs, and what differs. */
export function someOptions(options: Partial<ChooseOptions> = {}): ChooseOptions {
  return {
    rules: compileRules(),
    router: {},
    enabled: PLATFORM_NAMES,
    settings: {},
    prices: builtInPrices,
    machine: { vcpus: 64, memoryGiB: 512, gpus: 0 },
    ...options,
  };
}

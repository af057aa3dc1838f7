import { SluiceError } from '../../core/errors.ts';
import type { Choice } from './place.ts';
import type { PlanStep, RunPlan } from './plan.ts';

interface Packed extends Pick<RunPlan, 'policy' | 'total'> {
  readonly version: 1;
  /** Steps of one task share one. */
  readonly choices: readonly Choice[];
  readonly steps: readonly (readonly [step: string, task: string, choice: number, dataSizeBytes?: number])[];
}

/** A plan as JSON text, to be kept. */
export function packPlan({ policy, total, steps }: RunPlan): string {
  const choices = new Map<readonly unknown[], number>();
  const kept: Choice[] = [];
  const packed = steps.map(({ step, task, dataSizeBytes, ...choice }) => {
    const known = choices.get(choice.places);
    if (known === undefined) {
      choices.set(choice.places, kept.length);
      kept.push(choice);
    }
    const at = known ?? kept.length - 1;
    return dataSizeBytes === undefined
      ? ([step, task, at] as const)
      : ([step, task, at, dataSizeBytes] as const);
  });
  return JSON.stringify({ version: 1, policy, total, choices: kept, steps: packed } satisfies Packed);
}

/** Reads what {@link packPlan} wrote. @throws SluiceError `HomeVersion` for one of a newer version */
export function unpackPlan(text: string): RunPlan {
  const { version, policy, total, choices, steps } = JSON.parse(text) as Packed;
  if (version !== 1)
    throw new SluiceError('HomeVersion', 'The plan of the run was kept by a newer version of Sluice.', {
      hint: 'Carry on with the version of Sluice that began it, or a newer one.',
    });
  return {
    policy,
    total,
    steps: steps.map(
      ([step, task, choice, dataSizeBytes]): PlanStep => ({
        step,
        task,
        ...(choices[choice] as Choice),
        ...(dataSizeBytes !== undefined && { dataSizeBytes }),
      }),
    ),
  };
}

import { describe, expect, test } from 'vitest';
import {
  type MeasuredMinute,
  planScaling,
  type ScalingSituation,
  type TrackedPolicy,
} from '../../../src/jobs/endpoints/scaling/plan-scaling.ts';

const NOW = 1_800_000_000_000;

/** Minutes of a variant of so many instances that was invoked so often in each; earlier ones as the first. */
function invoked(instances: number, ...invocations: (number | undefined)[]): MeasuredMinute[] {
  const all = [...Array<number | undefined>(15 - invocations.length).fill(invocations[0]), ...invocations];
  return all.map((total) =>
    total === undefined ? { value: undefined } : { value: total / instances, total },
  );
}

/** Minutes in which a metric of the user's had these values. */
function valued(...values: (number | undefined)[]): MeasuredMinute[] {
  return [...Array<number | undefined>(15 - values.length).fill(values[0]), ...values].map((value) => ({
    value,
  }));
}

function plan(
  minutes: MeasuredMinute[],
  more: Partial<ScalingSituation & Omit<TrackedPolicy, 'minutes'>> = {},
) {
  const { target = 100, outCooldown, inCooldown, disableScaleIn } = more;
  const policy = { name: 'follow', target, outCooldown, inCooldown, disableScaleIn, minutes };
  const suspended = { out: false, in: false };
  const situation = { now: NOW, current: 2, min: 1, max: 10, suspended, policies: [policy] };
  return planScaling({ ...situation, ...more });
}

const out = (to: number) => ({ to, by: { policy: 'follow', alarm: 'AlarmHigh' } });
const less = (to: number) => ({ to, by: { policy: 'follow', alarm: 'AlarmLow' } });
const ago = (seconds: number, from: number) => ({ endedAt: NOW - seconds * 1000, from });

describe('target tracking', () => {
  test.each([
    [
      'three minutes above the target: as many as the last one needs',
      invoked(2, 0, 500, 600, 710),
      {},
      out(8),
    ],
    ['never more than the maximum', invoked(2, 5000), {}, out(10)],
    ['two minutes above the target: nothing yet', invoked(2, 190, 500, 600), {}, undefined],
    ['exactly the target: nothing', invoked(2, 200), {}, undefined],
    ['a minute of which nothing is known: nothing', invoked(2, 500, undefined, 500), {}, undefined],
    ['just below the target: nothing', invoked(2, 185), {}, undefined],
    [
      'fifteen minutes below nine tenths: what the busiest of them needed',
      invoked(2, 20, 90, 0),
      {},
      less(1),
    ],
    [
      'one of the fifteen was busy: nothing',
      invoked(2, 20, 190, ...Array<number>(13).fill(0)),
      {},
      undefined,
    ],
    ['no invocation at all: the minimum', invoked(5, 0), { current: 5, min: 2 }, less(2)],
    ['fifteen minutes that are not all known: nothing', invoked(2, undefined, 0, 0), {}, undefined],
    ['scale-in disabled', invoked(2, 0), { disableScaleIn: true }, undefined],
    ['scale-in suspended', invoked(2, 0), { suspended: { out: false, in: true } }, undefined],
    ['scale-out suspended', invoked(2, 900), { suspended: { out: true, in: false } }, undefined],
    ['below the minimum', invoked(2, 200), { min: 3 }, { to: 3, by: { limit: 'minimum' } }],
    ['above the maximum', invoked(2, 200), { max: 1 }, { to: 1, by: { limit: 'maximum' } }],
    ['a metric of the user: in proportion', valued(150), {}, out(3)],
    ['a metric of the user that is not measured: nothing', valued(undefined), {}, undefined],
  ])('%s', (_what, minutes, more, expected) => {
    expect(plan(minutes, more)).toEqual(expected);
  });
});

describe('cooldowns', () => {
  test.each([
    ['scale-in waits for its cooldown', invoked(2, 0), { lastIn: ago(299, 3) }, undefined],
    ['and goes on after it', invoked(2, 0), { lastIn: ago(300, 3) }, less(1)],
    ['one that is given holds', invoked(2, 0), { lastIn: ago(60, 3), inCooldown: 60 }, less(1)],
    ['scale-out does not wait for the cooldown of scale-in', invoked(2, 900), { lastIn: ago(1, 3) }, out(9)],
    ['what was added counts until its cooldown is over', valued(150), { lastOut: ago(10, 1) }, undefined],
    ['more than that is added within it', valued(350), { lastOut: ago(10, 1) }, out(4)],
    ['after it all counts anew', valued(150), { lastOut: ago(301, 1) }, out(3)],
    ['none at all', valued(150), { lastOut: ago(1, 1), outCooldown: 0 }, out(3)],
  ])('%s', (_what, minutes, more, expected) => {
    expect(plan(minutes, more)).toEqual(expected);
  });
});

test('of several policies the one that wants most scales out, and all must agree to scale in', () => {
  const common = { now: NOW, current: 3, min: 1, max: 10, suspended: { out: false, in: false } };
  const policy = (name: string, minutes: MeasuredMinute[]) => ({ name, target: 100, minutes });
  const plans = (a: MeasuredMinute[], b: MeasuredMinute[]) =>
    planScaling({ ...common, policies: [policy('a', a), policy('b', b)] });
  expect(plans(invoked(3, 400), invoked(3, 700))).toEqual({ to: 7, by: { policy: 'b', alarm: 'AlarmHigh' } });
  expect(plans(invoked(3, 0), invoked(3, 150))).toEqual({ to: 2, by: { policy: 'b', alarm: 'AlarmLow' } });
  expect(plans(invoked(3, 0), invoked(3, 290))).toBeUndefined();
});

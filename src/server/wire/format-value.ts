/**
 * Values as AWS prints them in validation errors: Java's own forms, `[a, b]`, `{key=value}`,
 * `Tag(key=team, value=ml)`.
 *
 * Source: errors of SageMaker quoted in aws/sagemaker-python-sdk issues 314 and 6016 (maps).
 * Gaps: no error of SageMaker that prints a structure or a list was found; their form is assumed from Java's. The order
 * of a Java map's entries is not known; ours is the request's.
 */
import type { ServiceModel, Shape } from './model/service-model.ts';
import { scalarText } from './scalar-text.ts';

/** A value of the given shape, as it stands between the quotes of `Value '…'`. */
export function formatValue(model: ServiceModel, shapeName: string, value: unknown): string {
  if (value === null || value === undefined) return 'null';
  const shape = model.shapes[shapeName] as Shape;
  switch (shape.type) {
    case 'structure':
      return formatStructure(model, shapeName, value as Readonly<Record<string, unknown>>);
    case 'list':
      return `[${(value as unknown[]).map((each) => formatValue(model, shape.member as string, each)).join(', ')}]`;
    case 'map':
      return `{${Object.entries(value)
        .map(([key, each]) => `${key}=${formatValue(model, shape.value as string, each)}`)
        .join(', ')}}`;
    case 'timestamp':
      return javaDate(value as Date);
    case 'float':
    case 'double':
      return Number.isInteger(value) ? `${value as number}.0` : scalarText(value);
    default:
      return scalarText(value);
  }
}

/** `TrainingJobName` as `trainingJobName`, the way member names stand in validation errors. */
export function lowerFirst(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}

/** Every member is printed, those that were not given as null. */
function formatStructure(
  model: ServiceModel,
  shapeName: string,
  value: Readonly<Record<string, unknown>>,
): string {
  const members = Object.entries((model.shapes[shapeName] as Shape).members ?? {});
  const fields = members.map(
    ([name, shape]) => `${lowerFirst(name)}=${formatValue(model, shape, value[name])}`,
  );
  return `${shapeName}(${fields.join(', ')})`;
}

/** `Fri Nov 20 23:25:00 UTC 2026`. */
function javaDate(date: Date): string {
  const [weekday = '', day, month, year, time] = date.toUTCString().split(' ');
  return `${weekday.replace(',', '')} ${month} ${day} ${time} UTC ${year}`;
}

/**
 * The properties by which Search finds training jobs, and what may be asked of each.
 *
 * Source: API_SearchRecord, API_Filter; the texts for Contains and for a time are those of the documentation. Gaps: the
 * other texts are ours.
 */
import type { Filter } from '@aws-sdk/client-sagemaker';
import { validationError } from '../wire/aws-error.ts';
import { sagemakerModel } from '../wire/model/sagemaker.gen.ts';
import type { ServiceModel, Shape } from '../wire/model/service-model.ts';
import { parseTime } from '../wire/parse-time.ts';

/** What the values of a property are: `group` has parts, `map` keys and `list` elements with parts. */
export type PropertyKind = 'text' | 'number' | 'boolean' | 'time' | 'free' | 'group' | 'map' | 'list';

const { shapes }: ServiceModel = sagemakerModel;

/** Maps that Search knows beside those of a training job: metrics are numbers, tags texts. */
const MORE_MAPS: Readonly<Record<string, PropertyKind>> = { Metrics: 'number', Tags: 'text' };

/** The kind of a property of training jobs by its dotted name. @throws AwsError `ValidationException` */
export function propertyKind(name: string): PropertyKind {
  const kind = kindBelow('TrainingJob', name);
  if (kind) return kind;
  throw validationError(`Unknown property name: ${name} is no property of the resource TrainingJob.`);
}

/** Refuses a filter that can never be answered. @throws AwsError `ValidationException` */
export function validateFilter({ Name: name = '', Operator: operator, Value: value }: Filter): void {
  const kind = propertyKind(name);
  if (operator === 'Exists' || operator === 'NotExists') {
    if (value === undefined) return;
    throw validationError(`The operator ${operator} takes no Value: ${name}.`);
  }
  if (value === undefined) {
    if (operator === undefined) return;
    throw validationError(`The operator ${operator} needs a Value: ${name}.`);
  }
  if (kind === 'group' || kind === 'map' || kind === 'list') {
    throw validationError(`The property ${name} has parts; name one of them to compare it with a Value.`);
  }
  checkOperator(name, operator ?? 'Equals', kind);
  checkValue(name, value, kind);
}

function checkOperator(name: string, operator: NonNullable<Filter['Operator']>, kind: PropertyKind): void {
  const isText = kind === 'text' || kind === 'free';
  if ((operator === 'Contains' || operator === 'In') && !isText) {
    throw validationError(`The operator ${operator} is only supported for text properties, not for ${name}.`);
  }
  const ordered = kind !== 'text' && kind !== 'boolean';
  if (/^(Greater|Less)Than/.test(operator) && !ordered) {
    throw validationError(`The operator ${operator} is not supported for ${kind} properties: ${name}.`);
  }
}

function checkValue(name: string, value: string, kind: PropertyKind): void {
  if (kind === 'number' && (value.trim() === '' || !Number.isFinite(Number(value)))) {
    throw validationError(`The property ${name} is a number, not "${value}".`);
  }
  if (kind === 'boolean' && !/^(true|false)$/i.test(value)) {
    throw validationError(`The property ${name} is true or false, not "${value}".`);
  }
  if (kind === 'time' && Number.isNaN(parseTime(value))) {
    throw validationError(
      `The property ${name} is a time: Value must be an ISO 8601 date-time string of the format YYYY-mm-dd'T'HH:MM:SS, not "${value}".`,
    );
  }
}

function kindBelow(shapeName: string, name: string): PropertyKind | undefined {
  const [head = '', ...rest] = name.split('.');
  if (shapeName === 'TrainingJob' && Object.hasOwn(MORE_MAPS, head)) {
    return rest.length === 0 ? 'map' : MORE_MAPS[head];
  }
  const members = shapes[shapeName]?.members ?? {};
  const member = Object.hasOwn(members, head) ? members[head] : undefined;
  return member === undefined ? undefined : kindOf(member, rest.join('.'));
}

function kindOf(shapeName: string, rest: string): PropertyKind | undefined {
  const shape = shapes[shapeName] as Shape;
  switch (shape.type) {
    case 'structure':
      return rest === '' ? 'group' : kindBelow(shapeName, rest);
    case 'list':
      return rest === '' ? 'list' : kindOf(shape.member as string, rest);
    case 'map':
      // Hyperparameters are texts that are compared as numbers where they are numbers.
      return rest === '' ? 'map' : 'free';
    default:
      return rest === '' ? scalarKind(shape) : undefined;
  }
}

function scalarKind({ type }: Shape): PropertyKind {
  if (type === 'timestamp') return 'time';
  if (type === 'boolean') return 'boolean';
  return type === 'string' ? 'text' : 'number';
}

import { SluiceError } from '../../../core/errors.ts';
import type { Json } from '../../../graph/index.ts';

/** What a placeholder stands for. */
export interface TemplateValue {
  readonly value: Json;
  /** As it stands within a longer text: Python's `str()`. */
  readonly text: string;
}

/** What a configuration's placeholders name. */
export interface TemplateValues {
  readonly inputs: Readonly<Record<string, TemplateValue>>;
  readonly images: Readonly<Record<string, string>>;
}

/** The most that a name of SageMaker has, to which a token in it is cut. */
const MAX_NAME = 63;
const PLACEHOLDER = /\{((?:inputs|images)\.[^{}]+)\}/g;
const TOKEN = /\{idempotence_token\}/g;

/**
 * A configuration with `{inputs.X}` and `{images.X}` replaced: by the value itself where a text is nothing else, so that a
 * number stays one. Other braces, JSON within a text for one, are left as they are. Pure.
 *
 * @throws SluiceError `InvalidArgument` for a name that there is not
 */
export function renderConfig(config: Json, values: TemplateValues, path = 'config'): Json {
  return mapTexts(config, path, (text, where) => renderText(text, values, where));
}

/** Whether `{idempotence_token}` stands anywhere in it. */
export function hasToken(config: Json): boolean {
  return JSON.stringify(config ?? null).includes('{idempotence_token}');
}

/**
 * A configuration with `{idempotence_token}` replaced. Pure.
 *
 * @param fit what makes a name that would be too long fit. @default the token is cut, as flytekit's connector does
 */
export function renderToken(
  config: Json,
  token: string,
  fit: (text: string, placeholder: string, token: string) => string = cutToken,
): Json {
  return mapTexts(config, '', (text) => {
    if (!text.includes('{idempotence_token}')) return text;
    return isName(text.replaceAll(TOKEN, ''))
      ? fit(text, '{idempotence_token}', token)
      : text.replaceAll(TOKEN, () => token);
  });
}

/** The token loses its end. */
export function cutToken(text: string, placeholder: string, token: string): string {
  const rest = text.replaceAll(placeholder, '').length;
  return text.replaceAll(placeholder, () => token.slice(0, Math.max(0, MAX_NAME - rest)));
}

/** The text before the token loses its end: of two jobs with one name there is one. */
export function keepToken(text: string, placeholder: string, token: string): string {
  const whole = text.replaceAll(placeholder, () => token);
  if (whole.length <= MAX_NAME) return whole;
  const [before = '', ...after] = text.split(placeholder);
  const end = `${token}${after.join(token)}`;
  return `${before.slice(0, Math.max(0, MAX_NAME - end.length - 1)).replace(/-+$/, '')}-${end}`
    .replace(/^-/, '')
    .slice(0, MAX_NAME);
}

function renderText(text: string, values: TemplateValues, path: string): Json {
  const whole = /^\{((?:inputs|images)\.[^{}]+)\}$/.exec(text)?.[1];
  if (whole !== undefined) return find(whole, values, path).value;
  return text.replaceAll(PLACEHOLDER, (placeholder, name: string) => {
    const { text: replacement } = find(name, values, path);
    const isToken = name === 'inputs.idempotence_token' && isName(text.replaceAll(PLACEHOLDER, ''));
    if (!isToken) return replacement;
    return replacement.slice(0, Math.max(0, MAX_NAME - text.replaceAll(placeholder, '').length));
  });
}

function find(name: string, { inputs, images }: TemplateValues, path: string): TemplateValue {
  const [kind = '', first = '', ...rest] = name.split('.');
  const known: Readonly<Record<string, TemplateValue>> =
    kind === 'inputs'
      ? inputs
      : Object.fromEntries(Object.entries(images).map(([key, uri]) => [key, { value: uri, text: uri }]));
  let found = Object.hasOwn(known, first) ? known[first] : undefined;
  for (const key of rest) found = memberOf(found, key);
  if (found) return found;
  throw new SluiceError('InvalidArgument', `${path} names {${name}}, which the task does not have.`, {
    hint: `Expected one of: ${Object.keys(known).sort().join(', ') || `none, since the task has no ${kind}`}.`,
  });
}

function memberOf(parent: TemplateValue | undefined, key: string): TemplateValue | undefined {
  const value = parent?.value;
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  const member = (value as Readonly<Record<string, Json>>)[key] as Json;
  return { value: member, text: typeof member === 'string' ? member : JSON.stringify(member) };
}

function mapTexts(value: Json, path: string, change: (text: string, path: string) => Json): Json {
  if (typeof value === 'string') return change(value, path);
  if (Array.isArray(value)) return value.map((each, index) => mapTexts(each, `${path}[${index}]`, change));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, mapTexts(each, `${path}.${key}`, change)]),
  );
}

function isName(text: string): boolean {
  return /^[a-zA-Z0-9-]*$/.test(text);
}

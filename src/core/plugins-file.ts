/**
 * Flyte's way to configure the platforms: `plugins.yaml`, with keys in kebab-case, alone or in a Kubernetes ConfigMap.
 *
 * Its keys are those of the platforms' settings (`platforms-schema.ts`), read off that schema: `max-payload-mb` is
 * `maxPayloadMB`. `k8s` is the platform `kubernetes`, `codeweave` is `coreweave`.
 */
import { platformsSchema } from './platforms-schema.ts';
import { didYouMean } from './suggest.ts';

/** What a file of plugins says, in the form of the configuration. */
export interface PluginsFile {
  readonly platforms: unknown;
  /** Keys that there are not, each with its place and what was probably meant. */
  readonly unknown: readonly string[];
}

const ALIASES: Readonly<Record<string, string>> = { k8s: 'kubernetes', codeweave: 'coreweave' };

/** Whether documents of a file are plugins, or a ConfigMap, and not what `sluice.yaml` holds. */
export function isPluginsFile(documents: readonly unknown[]): boolean {
  return documents.some((each) => isMap(each) && ('plugins' in each || each['kind'] === 'ConfigMap'));
}

/**
 * The text of `plugins.yaml` in the ConfigMaps of a file; undefined where the file is `plugins.yaml` itself.
 *
 * @throws Error where there is none, or more than one
 */
export function pluginsOfConfigMaps(documents: readonly unknown[]): string | undefined {
  const maps = documents.filter((each) => isMap(each) && each['kind'] === 'ConfigMap');
  if (maps.length === 0) return undefined;
  const texts = maps.flatMap((map) => {
    const { data } = map as { readonly data?: unknown };
    return isMap(data) && typeof data['plugins.yaml'] === 'string' ? [data['plugins.yaml']] : [];
  });
  if (texts.length === 1) return texts[0];
  throw new Error(
    `expected one ConfigMap with 'plugins.yaml' under data; ${texts.length === 0 ? 'there is none' : `there are ${texts.length}`}.`,
  );
}

/** Reads `{ plugins: { sagemaker: { execution-role: … } } }`. */
export function parsePlugins(value: unknown): PluginsFile {
  const unknown: string[] = [];
  const top = isMap(value) ? value : {};
  for (const key of Object.keys(top)) if (key !== 'plugins') unknown.push(unknownKey(key, [], ['plugins']));
  const platforms = translate(top['plugins'] ?? {}, platformsSchema, ['plugins'], unknown);
  return { platforms, unknown };
}

/** The place of a setting as a file of plugins writes it: `plugins.sagemaker.execution-role`. */
export function pluginsKey(path: readonly PropertyKey[]): string {
  const [, platform, ...rest] = path.map(String);
  const name = Object.entries(ALIASES).find(([, own]) => own === platform)?.[0] ?? platform;
  return ['plugins', ...(name === undefined ? [] : [name]), ...rest.map(kebab)].join('.');
}

function translate(value: unknown, schema: unknown, place: readonly string[], unknown: string[]): unknown {
  const { shape } = inner(schema);
  // Lists, texts, and maps with keys of the user's own: versions by framework, prices by class.
  if (!shape || !isMap(value)) return value;
  const names = new Map(Object.keys(shape).map((name) => [kebab(name), name]));
  if (place.length === 1) for (const [alias, name] of Object.entries(ALIASES)) names.set(alias, name);
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, member]) => {
      const name = names.get(key);
      if (name === undefined) unknown.push(unknownKey(key, place, [...names.keys()]));
      return name === undefined
        ? []
        : [[name, translate(member ?? {}, shape[name], [...place, key], unknown)]];
    }),
  );
}

function unknownKey(key: string, place: readonly string[], known: readonly string[]): string {
  const where = [...place, key].join('.');
  const meant = didYouMean(key, known);
  return `${where}: there is no such key.${meant === '' ? ` There are: ${known.join(', ')}.` : ` ${meant}`}`;
}

function kebab(name: string): string {
  return name.replace(/[A-Z]+(?![a-z])|[A-Z]/g, (letters) => `-${letters.toLowerCase()}`);
}

function inner(schema: unknown): { readonly shape?: Readonly<Record<string, unknown>> } {
  const { def } = (schema ?? {}) as {
    readonly def?: { readonly type?: string; readonly innerType?: unknown };
  };
  return def?.type === 'optional' ? inner(def.innerType) : (schema ?? {});
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

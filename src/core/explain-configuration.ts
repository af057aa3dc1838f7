/**
 * What holds, and where each value comes from. It follows the rules of `load-configuration.ts`: of each member the first
 * file wins, of `platforms` that of each platform, and patterns of `images` stand one after the other.
 */
import { DEFAULT_CONFIGURATION } from './config.ts';
import type { ConfigurationFile, OpenedConfiguration } from './configuration-file.ts';
import { ROUTER_DEFAULTS, SAGEMAKER_DEFAULTS } from './platforms-defaults.ts';

/** One value of the configuration. */
export interface ExplainedValue {
  /** `platforms.sagemaker.region` */
  readonly key: string;
  /** Without secrets. */
  readonly value: unknown;
  /** The file; undefined: the default. */
  readonly from: string | undefined;
}

/** What stands for a secret. */
const HIDDEN = '(hidden)';

/** @param defaults whether values that no file has are told too */
export function explainConfiguration(
  files: readonly OpenedConfiguration[],
  defaults: boolean,
): ExplainedValue[] {
  const said = files.flatMap(({ path, content }) =>
    membersOf(content).map(([member, value]) => ({ member, value, from: path as string | undefined })),
  );
  if (defaults)
    said.push(...defaultsFor(files).map(([member, value]) => ({ member, value, from: undefined })));
  const seen = new Set<string>();
  return said.flatMap(({ member, value, from }) => {
    const key = member.join('.');
    if (value === undefined || seen.has(key)) return [];
    seen.add(key);
    return [{ key, value: withoutSecrets(value, member.at(-1)), from }];
  });
}

type Member = readonly [path: readonly string[], value: unknown];

function membersOf(content: Omit<ConfigurationFile, 'directory'>): Member[] {
  return Object.entries({ ...content, directory: undefined }).flatMap(([section, value]): Member[] => {
    if (section === 'platforms')
      return Object.entries(value as object).flatMap(([name, settings]) => {
        const members = Object.entries((settings ?? {}) as object);
        if (members.length === 0) return [[[section, name], {}] as Member];
        return members.map(([member, each]): Member => [[section, name, member], each]);
      });
    if (typeof value !== 'object' || value === null) return [[[section], value]];
    return Object.entries(value as object).map(([member, each]): Member => [[section, member], each]);
  });
}

function defaultsFor(files: readonly OpenedConfiguration[]): Member[] {
  const { images: _, ...rest } = DEFAULT_CONFIGURATION;
  const sagemaker = files.some(({ content }) => content.platforms?.sagemaker);
  return membersOf({
    ...rest,
    lease: 15_000,
    router: ROUTER_DEFAULTS,
    ...(sagemaker && { platforms: { sagemaker: SAGEMAKER_DEFAULTS } }),
  });
}

/** Names of members, of variables in environments and in arguments whose values are nobody's business. */
const SECRET_MEMBER =
  /^(secretAccessKey|password)$|(SECRET|TOKEN|PASSWORD|PASSWD|CREDENTIAL|API_?KEY|ACCESS_KEY$)/;
const SECRET_ARGUMENT = /(\w*(?:SECRET|TOKEN|PASSWORD|PASSWD|CREDENTIAL|API_?KEY)\w*=)\S+/gi;

function withoutSecrets(value: unknown, name = ''): unknown {
  if (typeof value === 'string') {
    if (SECRET_MEMBER.test(name)) return HIDDEN;
    return value
      .replace(/^([a-z][a-z\d+.-]*:\/\/)[^/@]*:[^/]*@/i, `$1${HIDDEN}@`)
      .replace(SECRET_ARGUMENT, `$1${HIDDEN}`);
  }
  if (Array.isArray(value)) return value.map((each) => withoutSecrets(each));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, withoutSecrets(each, key)]));
}

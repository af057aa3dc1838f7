import { basename } from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { z } from 'zod';
import { configurationSchema } from './config-schema.ts';
import type { ConfigurationFile, OpenedConfiguration } from './configuration-file.ts';
import { describeIssues } from './describe-issues.ts';
import { platformsSchema } from './platforms-schema.ts';
import { isPluginsFile, parsePlugins, pluginsKey, pluginsOfConfigMaps } from './plugins-file.ts';

type Parsed = Pick<OpenedConfiguration, 'form'> & { readonly content: Omit<ConfigurationFile, 'directory'> };

/** Reads the text of a configuration file. @param path tells its form where the text does not @throws Error that names the field */
export function parseConfiguration(text: string, path: string): Parsed {
  const documents = readYaml(text);
  if (isPluginsFile(documents) || /^plugins\.ya?ml$/.test(basename(path)))
    return { form: 'plugins', content: pluginsContent(documents) };
  if (documents.length > 1) throw new Error(`expected one YAML document; there are ${documents.length}.`);
  const result = configurationSchema.safeParse(documents[0] ?? {});
  if (result.success) return { form: 'sluice', content: result.data };
  throw new Error(describeIssues(result.error), { cause: result.error });
}

function pluginsContent(documents: readonly unknown[]): Omit<ConfigurationFile, 'directory'> {
  const inner = pluginsOfConfigMaps(documents);
  const [value = {}, ...more] = inner === undefined ? documents : readYaml(inner);
  if (more.length > 0) throw new Error(`expected one YAML document; there are ${more.length + 1}.`);
  if (value !== null && (typeof value !== 'object' || Array.isArray(value)))
    throw new Error("expected 'plugins:' with a section for each platform.");
  const { platforms, unknown } = parsePlugins(value ?? {});
  if (unknown.length > 0) throw new Error(unknown.join('\n'));
  const result = platformsSchema.safeParse(platforms);
  if (result.success) return { platforms: result.data };
  throw new Error(result.error.issues.map(describePluginsIssue).join('\n'), { cause: result.error });
}

function describePluginsIssue({ message, path }: z.core.$ZodIssue): string {
  return `${pluginsKey(['platforms', ...path])}: ${message}`;
}

function readYaml(text: string): unknown[] {
  const documents = parseAllDocuments(text);
  const list = Array.isArray(documents) ? documents : [];
  for (const { errors } of list) if (errors[0]) throw errors[0];
  const values = list.map((each) => each.toJS() as unknown);
  values.forEach(expectPrintableKeys);
  return values.filter((each) => each !== null && each !== undefined);
}

/** Keys are shown to whoever decides whether to trust a file: none may hide others. */
function expectPrintableKeys(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, member] of Object.entries(value)) {
    if (/\p{Cc}/u.test(key)) throw new Error(`the key ${JSON.stringify(key)} has control characters.`);
    expectPrintableKeys(member);
  }
}

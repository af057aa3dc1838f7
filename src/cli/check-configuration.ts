import { knownRegions } from '../contract/regions.ts';
import type { OpenedConfiguration } from '../core/configuration-file.ts';
import { type ConfigurationSource, configurationSources } from '../core/configuration-files.ts';
import { errorMessage, SluiceError } from '../core/errors.ts';
import { openConfiguration } from '../core/open-configuration.ts';
import { describePlaceholder, findPlaceholders } from '../core/placeholders.ts';
import { keyInFile, untrustedChoices } from '../core/require-trust.ts';
import { didYouMean } from '../core/suggest.ts';
import { compileRules } from '../platforms/router/index.ts';
import type { CliContext } from './context.ts';

/** One file of the configuration, looked at. */
export interface CheckedFile {
  readonly file: string;
  readonly status: 'well' | 'absent' | 'wrong' | 'untrusted';
  /** What is wrong, with the file's name. */
  readonly problem?: string;
  /** What it chooses that only a trusted file may, where it is untrusted. */
  readonly choices?: readonly string[];
  /** What is still to be filled in: `plugins.sagemaker.execution-role: …`. */
  readonly toFillIn?: readonly string[];
  /** What is probably not meant. */
  readonly doubts?: readonly string[];
}

type Context = Pick<CliContext, 'paths' | 'environment'>;

/** The files of the configuration of this directory and home. */
export function sourcesOf({ paths, environment }: Context): ConfigurationSource[] {
  return configurationSources({ home: paths.home, directory: process.cwd(), environment });
}

/** Looks at the files of the configuration, or at these. */
export async function checkConfiguration(
  context: Context,
  named: readonly string[] = [],
): Promise<CheckedFile[]> {
  const sources = sourcesOf(context);
  if (named.length === 0) return Promise.all(sources.map((source) => checkFile(context, source)));
  const given = named.map((path): ConfigurationSource => ({ path, origin: 'named' }));
  return Promise.all(given.map((source) => checkFile(context, source)));
}

async function checkFile({ paths }: Context, source: ConfigurationSource): Promise<CheckedFile> {
  const { path } = source;
  try {
    const file = await openConfiguration(source);
    if (!file) return { file: path, status: 'absent' };
    const problem = ruleProblem(file);
    if (problem !== undefined) return { file: path, status: 'wrong', problem };
    const choices = untrustedChoices(paths.home, file).map((choice) => keyInFile(file, choice));
    const toFillIn = placeholdersOf(file);
    const doubts = doubtsOf(file);
    return {
      file: path,
      status: choices.length > 0 ? 'untrusted' : 'well',
      ...(choices.length > 0 && { choices }),
      ...(toFillIn.length > 0 && { toFillIn }),
      ...(doubts.length > 0 && { doubts }),
    };
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error;
    return { file: path, status: 'wrong', problem: error.message };
  }
}

/** What is wrong with the router's rules, with the file's name. */
function ruleProblem({ path, content }: OpenedConfiguration): string | undefined {
  try {
    compileRules(content.router?.rules);
    return undefined;
  } catch (error) {
    return `${path}: ${errorMessage(error)}`;
  }
}

function placeholdersOf(file: OpenedConfiguration): string[] {
  return findPlaceholders(file.content.platforms, ['platforms']).map(({ path, ...placeholder }) =>
    describePlaceholder(keyInFile(file, path), placeholder),
  );
}

/** Regions that are not known, and platforms that lack what they need. */
function doubtsOf(file: OpenedConfiguration): string[] {
  const { platforms = {} } = file.content;
  const regions = knownRegions();
  const found = Object.entries(platforms).flatMap(([platform, settings]) => {
    const region = settings && 'region' in settings ? settings.region : undefined;
    if (region === undefined || regions.includes(region)) return [];
    const key = keyInFile(file, ['platforms', platform, 'region']);
    return [
      `${key}: '${region}' is no region of AWS that is known here. ${didYouMean(region, regions)}`.trim(),
    ];
  });
  const { emr } = platforms;
  if (emr && emr.applicationId === undefined && emr.clusterId === undefined)
    found.push(
      `${keyInFile(file, ['platforms', 'emr'])}: nothing can run there: neither applicationId, of an EMR Serverless application, nor clusterId is set.`,
    );
  return found;
}

import { type Command, InvalidArgumentError, Option } from 'commander';
import { SluiceError } from '../../core/errors.ts';
import { ONLY_VARIANT, type ScalingSpec } from '../../platforms/endpoints/index.ts';
import { collect, collectKeyValue, parseCount } from '../key-value.ts';
import { addEndpointsOption, type EndpointsOption } from './open-endpoints.ts';

/** What an endpoint is made of, on a command line. */
export interface EndpointOptions extends EndpointsOption {
  readonly model?: string;
  readonly mode?: 'SingleModel' | 'MultiModel';
  readonly variant?: readonly string[];
  readonly image?: string;
  readonly framework?: string;
  readonly frameworkVersion?: string;
  readonly script?: string;
  readonly entryPoint?: string;
  readonly sourceDir?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly instanceType: string;
  readonly instanceCount: number;
  readonly role?: string;
  readonly tag?: Readonly<Record<string, string>>;
  readonly minInstances?: number;
  readonly maxInstances?: number;
  readonly invocationsPerInstance?: number;
  readonly scaleOutCooldown?: number;
  readonly scaleInCooldown?: number;
  readonly yes?: boolean;
  readonly wait?: boolean;
  readonly timeout: number;
}

/** One variant as it was asked for, with what holds for all where it says nothing. */
export interface VariantOptions {
  readonly name: string;
  readonly model: string | undefined;
  readonly weight: number;
  readonly instanceType: string;
  readonly instanceCount: number;
  readonly image: string | undefined;
  readonly framework: string | undefined;
  readonly frameworkVersion: string | undefined;
  readonly script: string | undefined;
}

/** Adds the options of `endpoints create` and `update`. */
export function addEndpointOptions(command: Command): Command {
  return addEndpointsOption(command)
    .option(
      '--model <place>',
      'the model.tar.gz: a path, or s3://; with --mode MultiModel the s3:// prefix of many',
    )
    .option('--script <file>', 'the inference script (.ts, .js, .py)')
    .addOption(new Option('--entry-point <file>', 'the same as --script').hideHelp())
    .option('--source-dir <directory>', 'send this whole directory; the script is relative to it')
    .option('--framework <name>', 'serve it as the image of this framework does: scikit-learn, pytorch, …')
    .option('--framework-version <version>', 'of the image (default: the newest)')
    .option('--image <name>', 'serve it in this image')
    .option('--env <name=value>', 'a variable of the model server; repeat for more', collectKeyValue)
    .option('--instance-type <type>', 'what it is served on', 'ml.m5.large')
    .option('--instance-count <n>', 'so many model servers', parseCount, 1)
    .option(
      '--variant <name=place,…>',
      'one of several models, with weight=, instance-type=, instance-count=, image=, framework=, script=; repeat for more',
      collect,
    )
    .addOption(
      new Option(
        '--mode <mode>',
        'MultiModel: one server for many models, --target-model of invoke names one',
      )
        .choices(['SingleModel', 'MultiModel'])
        .default('SingleModel'),
    )
    .option('--min-instances <n>', 'auto-scaling: never fewer', parseCount)
    .option('--max-instances <n>', 'auto-scaling: never more', parseCount)
    .option(
      '--invocations-per-instance <n>',
      'auto-scaling: invocations of each instance in a minute that are aimed at',
      parseAmount,
    )
    .option(
      '--scale-out-cooldown <seconds>',
      'auto-scaling: before more are added (default: 300)',
      parseSeconds,
    )
    .option(
      '--scale-in-cooldown <seconds>',
      'auto-scaling: before more are removed (default: 300)',
      parseSeconds,
    )
    .option('--role <arn>', 'the role of the models, on SageMaker')
    .option('--tag <name=value>', 'repeat for more', collectKeyValue)
    .option('--yes', 'begin, whatever it costs')
    .option('--wait', 'until it is in service')
    .option('--timeout <seconds>', 'of --wait', parseCount, 1800);
}

/** The variants that the options ask for. @throws SluiceError `InvalidArgument` */
export function readVariants(options: EndpointOptions): VariantOptions[] {
  const { variant: several, model, script = options.entryPoint } = options;
  const { instanceType, instanceCount, image, framework, frameworkVersion } = options;
  const common = { weight: 1, instanceType, instanceCount, image, framework, frameworkVersion, script };
  if (several === undefined) {
    if (model === undefined && image === undefined) {
      throw new SluiceError('InvalidArgument', '--model: there is nothing to serve.', {
        hint: 'Name a model (--model model.tar.gz), several (--variant a=model.tar.gz,weight=9), or an image that brings its own (--image NAME).',
      });
    }
    return [{ ...common, name: ONLY_VARIANT, model }];
  }
  if (model !== undefined) {
    throw new SluiceError('InvalidArgument', '--model goes without --variant, which names a model each.');
  }
  const variants = several.map((text) => readVariant(text, common));
  const twice = variants.find(
    ({ name }, index) => variants.findIndex((each) => each.name === name) !== index,
  );
  if (twice) throw new SluiceError('InvalidArgument', `--variant: '${twice.name}' is given twice.`);
  return variants;
}

/** How the variants are scaled; undefined: not, or as they are. @throws SluiceError `InvalidArgument` */
export function readScaling(options: EndpointOptions): ScalingSpec | undefined {
  const { minInstances: min, maxInstances: max, invocationsPerInstance } = options;
  const asked = [min, max, invocationsPerInstance].filter((each) => each !== undefined);
  if (asked.length === 0) return undefined;
  if (max === undefined || invocationsPerInstance === undefined) {
    const missing = max === undefined ? '--max-instances' : '--invocations-per-instance';
    throw new SluiceError('InvalidArgument', `${missing}: auto-scaling needs it.`, {
      hint: 'For example: --min-instances 1 --max-instances 4 --invocations-per-instance 70',
    });
  }
  if ((min ?? 1) > max) {
    throw new SluiceError('InvalidArgument', `--max-instances: expected at least ${min}, got ${max}.`);
  }
  const { scaleOutCooldown, scaleInCooldown } = options;
  return { min: min ?? 1, max, invocationsPerInstance, scaleOutCooldown, scaleInCooldown };
}

const SETTINGS = [
  'weight',
  'instance-type',
  'instance-count',
  'image',
  'framework',
  'framework-version',
  'script',
];

function readVariant(text: string, common: Omit<VariantOptions, 'name' | 'model'>): VariantOptions {
  const equals = text.indexOf('=');
  const [model = '', ...settings] = text.slice(equals + 1).split(',');
  if (equals < 1 || model === '') {
    throw new SluiceError('InvalidArgument', `--variant: expected NAME=PLACE, got '${text}'.`, {
      hint: 'For example: --variant champion=champion.tar.gz,weight=9 --variant challenger=new.tar.gz,weight=1',
    });
  }
  const name = text.slice(0, equals);
  const given = new Map(settings.map((setting) => readSetting(name, setting)));
  return {
    name,
    model,
    weight: number(name, given, 'weight', common.weight),
    instanceType: given.get('instance-type') ?? common.instanceType,
    instanceCount: number(name, given, 'instance-count', common.instanceCount),
    image: given.get('image') ?? common.image,
    framework: given.get('framework') ?? common.framework,
    frameworkVersion: given.get('framework-version') ?? common.frameworkVersion,
    script: given.get('script') ?? common.script,
  };
}

function readSetting(variant: string, setting: string): [string, string] {
  const equals = setting.indexOf('=');
  const key = setting.slice(0, Math.max(0, equals));
  if (SETTINGS.includes(key)) return [key, setting.slice(equals + 1)];
  throw new SluiceError('InvalidArgument', `--variant ${variant}: there is no setting '${key || setting}'.`, {
    hint: `It takes ${SETTINGS.map((each) => `${each}=`).join(', ')}.`,
  });
}

function number(variant: string, given: ReadonlyMap<string, string>, key: string, otherwise: number): number {
  const text = given.get(key);
  if (text === undefined) return otherwise;
  const value = Number(text);
  const isFine =
    text.trim() !== '' && value >= 0 && (key === 'weight' || (Number.isInteger(value) && value > 0));
  if (isFine && Number.isFinite(value)) return value;
  throw new SluiceError('InvalidArgument', `--variant ${variant}: ${key}: expected a number, got '${text}'.`);
}

function parseAmount(text: string): number {
  if (text.trim() !== '' && Number(text) > 0 && Number.isFinite(Number(text))) return Number(text);
  throw new InvalidArgumentError(`Expected a number above 0, got '${text}'.`);
}

function parseSeconds(text: string): number {
  if (/^\d{1,7}$/.test(text)) return Number(text);
  throw new InvalidArgumentError(`Expected a whole number of seconds, got '${text}'.`);
}

import { SluiceError } from '../../../core/errors.ts';
import type { Json } from '../../../graph/index.ts';
import type { FlyteTask } from '../flyte-task.ts';
import type { Literal, ProtoTime } from '../messages.ts';
import { pythonText, pythonTime } from './python-text.ts';
import type { TemplateValue, TemplateValues } from './render-config.ts';

/** Whose accounts hold SageMaker's images of Triton, by region: flytekit's `triton_image_uri()` leaves it open. */
const TRITON_ACCOUNTS: Readonly<Record<string, string>> = {
  'us-east-1': '785573368785',
  'us-east-2': '007439368137',
  'us-west-1': '710691900526',
  'us-west-2': '301217895009',
  'eu-west-1': '802834080501',
  'eu-west-2': '205493899709',
  'eu-west-3': '254080097072',
  'eu-north-1': '601324751636',
  'eu-south-1': '966458181534',
  'eu-central-1': '746233611703',
  'ap-east-1': '110948597952',
  'ap-south-1': '763008648453',
  'ap-northeast-1': '941853720454',
  'ap-northeast-2': '151534178276',
  'ap-southeast-1': '324986816169',
  'ap-southeast-2': '355873309152',
  'cn-northwest-1': '474822919863',
  'cn-north-1': '472730292857',
  'sa-east-1': '756306329178',
  'ca-central-1': '464438896020',
  'me-south-1': '836785723513',
  'af-south-1': '774647643957',
};

/**
 * What the placeholders of a task's configuration stand for. Pure.
 *
 * @throws SluiceError `InvalidArgument` for an image of Triton in a region that has none
 */
export function templateValues(
  { inputs, literals, custom }: Pick<FlyteTask, 'inputs' | 'literals' | 'custom'>,
  region: string,
): TemplateValues {
  return {
    inputs: Object.fromEntries(
      Object.entries(inputs).map(([name, value]) => [
        name,
        templateValue(value, literals.literals?.[name] ?? {}),
      ]),
    ),
    images: imagesOf(custom['images'], region),
  };
}

/** Texts are flytekit's: numbers as Python writes them, dictionaries as JSON where they came as MessagePack. */
function templateValue(value: Json, literal: Literal): TemplateValue {
  const { union, primitive, binary } = literal.scalar ?? {};
  if (union?.value) return templateValue(value, union.value);
  if (binary) return { value, text: pythonJson(value) };
  if (primitive?.datetime) return { value, text: timeText(primitive.datetime) };
  const isFloat = primitive?.floatValue !== undefined || primitive?.duration !== undefined;
  return { value, text: pythonText(value, isFloat) };
}

function timeText({ seconds = '0', nanos = 0 }: ProtoTime): string {
  return pythonTime(new Date(Number(seconds) * 1000 + nanos / 1e6));
}

/** `json.dumps()` of Python. */
function pythonJson(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(pythonJson).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(([key, each]) => `${JSON.stringify(key)}: ${pythonJson(each)}`);
  return `{${members.join(', ')}}`;
}

function imagesOf(images: Json | undefined, region: string): Record<string, string> {
  if (typeof images !== 'object' || images === null) return {};
  const base = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
  return Object.fromEntries(
    Object.entries(images).flatMap(([name, image]) => {
      if (typeof image !== 'string') return [];
      if (!image.includes('sagemaker-tritonserver')) return [[name, image]];
      const account = TRITON_ACCOUNTS[region];
      if (account === undefined)
        throw new SluiceError('InvalidArgument', `images.${name}: ${region} has no image of Triton.`, {
          hint: `Give the image's whole URI, or one of the regions ${Object.keys(TRITON_ACCOUNTS).join(', ')}.`,
        });
      const parts: Readonly<Record<string, string>> = { account_id: account, region, base };
      return [
        [name, image.replaceAll(/\{(account_id|region|base)\}/g, (_, key: string) => parts[key] ?? '')],
      ];
    }),
  );
}

/**
 * DataProcessing of a batch transform job: InputFilter → the model → JoinSource → OutputFilter, record by record.
 *
 * Source: AWS developer guide, "Associate Prediction Results with Input Records": with JoinSource `Input` a JSON
 * object gains `SageMakerOutput`, anything else becomes `{SageMakerInput, SageMakerOutput}`; a CSV row gets the
 * columns of its answer at its end. What is joined is the input before InputFilter.
 *
 * By design: numbers and CSV fields that are passed on keep their own text.
 */
import type { DataProcessing } from '@aws-sdk/client-sagemaker';
import { errorMessage, SluiceError } from '../core/errors.ts';
import { joinRow, splitRow } from './csv-row.ts';
import { type DataFilter, parseDataFilter, type SliceEnd } from './data-filter.ts';
import { type ExactJson, parseExactJson } from './json-text.ts';

/** What a job does with each record. */
export interface RecordProcessing {
  /** Nothing is done to the input. */
  readonly keepsInput: boolean;
  /** Nothing is done to the output. */
  readonly keepsOutput: boolean;
  /** A record as the model gets it. @throws SluiceError `InvalidArgument` */
  filterInput(record: string): string;
  /** A record as it is stored, from the record that came and the model's answer. @throws SluiceError `InvalidArgument` */
  finishOutput(record: string, answer: string): string;
}

/** What {@link parseDataProcessing} needs to know of a transform job. */
export interface DataProcessingOptions {
  readonly dataProcessing?: DataProcessing | undefined;
  readonly contentType?: string | undefined;
  readonly accept?: string | undefined;
  /** @default 'exclusive' */
  readonly sliceEnd?: SliceEnd;
}

/**
 * Reads the DataProcessing of a transform job.
 *
 * @throws SluiceError `InvalidArgument` for a wrong expression, or data that is neither CSV nor JSON.
 */
export function parseDataProcessing(options: DataProcessingOptions): RecordProcessing {
  const { dataProcessing = {}, contentType = '', accept = contentType, sliceEnd } = options;
  const input = parseDataFilter(dataProcessing.InputFilter || '$', 'DataProcessing.InputFilter', sliceEnd);
  const output = parseDataFilter(dataProcessing.OutputFilter || '$', 'DataProcessing.OutputFilter', sliceEnd);
  const joins = dataProcessing.JoinSource === 'Input';
  const keeps = { keepsInput: input.isWhole, keepsOutput: output.isWhole && !joins };
  if (keeps.keepsInput && keeps.keepsOutput) return { ...keeps, filterInput: same, finishOutput: answerOnly };
  const format = formatOf(contentType);
  if (!format || (!keeps.keepsOutput && formatOf(accept) !== format)) {
    throw new SluiceError(
      'InvalidArgument',
      `DataProcessing: expected ContentType and Accept to be both CSV or both JSON, got '${contentType}' and '${accept}'.`,
    );
  }
  return {
    ...keeps,
    ...(format === 'csv' ? processRows(input, output, joins) : processJson(input, output, joins)),
  };
}

type RecordFunctions = Pick<RecordProcessing, 'filterInput' | 'finishOutput'>;

function processRows(input: DataFilter, output: DataFilter, joins: boolean): RecordFunctions {
  return {
    filterInput: (record) => joinRow(input.applyToRow(splitRow(record))),
    finishOutput(record, answer) {
      const columns = splitRow(answer);
      return joinRow(output.applyToRow(joins ? [...splitRow(record), ...columns] : columns));
    },
  };
}

function processJson(input: DataFilter, output: DataFilter, joins: boolean): RecordFunctions {
  return {
    filterInput: (record) => JSON.stringify(input.apply(parseRecord(record, 'input'))),
    finishOutput(record, answer) {
      const inferred = parseRecord(answer, "model's answer");
      const joined = joins ? joinJson(parseRecord(record, 'input'), inferred) : inferred;
      return JSON.stringify(output.apply(joined));
    },
  };
}

function joinJson(record: ExactJson, answer: ExactJson): ExactJson {
  const isObject =
    typeof record === 'object' && record !== null && !Array.isArray(record) && !('rawJSON' in record);
  if (isObject) return { ...(record as { readonly [key: string]: ExactJson }), SageMakerOutput: answer };
  return { SageMakerInput: record, SageMakerOutput: answer };
}

function parseRecord(text: string, what: string): ExactJson {
  try {
    return parseExactJson(text);
  } catch (cause) {
    throw new SluiceError(
      'InvalidArgument',
      `DataProcessing: the ${what} is not JSON: ${errorMessage(cause)}`,
      {
        cause,
      },
    );
  }
}

function formatOf(contentType: string): 'csv' | 'json' | undefined {
  const type = contentType.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (type === 'text/csv') return 'csv';
  return /^application\/(?:.*\+)?json(?:lines)?$/.test(type) ? 'json' : undefined;
}

function same(record: string): string {
  return record;
}

function answerOnly(_record: string, answer: string): string {
  return answer;
}

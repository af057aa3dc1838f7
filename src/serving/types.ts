/** A value, or a promise of it. */
export type Awaitable<T> = T | Promise<T>;

/** What a function of an inference script may answer with to choose the content type itself. */
export interface EncodedOutput {
  readonly body: string | Uint8Array;
  readonly contentType: string;
}

/** What `GET /execution-parameters` tells a batch transform job. */
export interface ExecutionParameters {
  readonly MaxConcurrentTransforms?: number;
  readonly BatchStrategy?: 'SINGLE_RECORD' | 'MULTI_RECORD';
  readonly MaxPayloadInMB?: number;
}

/**
 * What an inference script exports: `modelFn`, and where the defaults do not do, the others. An error whose
 * `statusCode` is 400 to 599 is answered with that status.
 *
 * @typeParam Model - What `modelFn` loads.
 * @typeParam Input - What one request holds, decoded.
 * @typeParam Prediction - What the model makes of it.
 */
export interface InferenceModule<Model = unknown, Input = unknown, Prediction = unknown> {
  /** Loads the model, once. `modelDir` is where model.tar.gz was unpacked. */
  readonly modelFn: (modelDir: string) => Awaitable<Model>;
  /**
   * Decodes a request.
   *
   * @default CSV to rows, with numbers where a field is one; JSON; JSON Lines to a list. Others are answered with 415.
   */
  readonly inputFn?: (body: Buffer, contentType: string) => Awaitable<Input>;
  /** @default calls `model.predict(input)` */
  readonly predictFn?: (input: Input, model: Model) => Awaitable<Prediction>;
  /**
   * Encodes an answer in a content type that the client accepts.
   *
   * @default CSV, JSON and JSON Lines. Others are answered with 406.
   */
  readonly outputFn?: (
    prediction: Prediction,
    accept: string,
  ) => Awaitable<string | Uint8Array | EncodedOutput>;
  /** Answered at `GET /execution-parameters`. @default none: 404 */
  readonly executionParameters?: ExecutionParameters;
}

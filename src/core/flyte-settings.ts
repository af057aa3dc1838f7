/** What holds for `sluice connector`. */
export interface FlyteSettings {
  /** What tasks of a project and domain may use; the entries that name both hold together. @default everything, to this machine's own programs alone */
  readonly allow?: readonly FlyteAllowance[] | undefined;
}

/** What the tasks of some projects and domains may use; `*` stands for any text. What is not named may not be used. */
export interface FlyteAllowance {
  /** @default '*' */
  readonly project?: string | undefined;
  /** @default '*' */
  readonly domain?: string | undefined;
  /** ARNs of roles that jobs may run as. The platform's own, which a task does not name, always may. @default [] */
  readonly roles?: readonly string[] | undefined;
  /** Buckets that tasks may name. The default bucket always may be. @default [] */
  readonly buckets?: readonly string[] | undefined;
  /** Prefixes, `s3://…`, that jobs may write to beside the places of their runs. @default [] */
  readonly outputs?: readonly string[] | undefined;
  /** Operations that tasks of type `boto` may call, `sagemaker:Describe*`. @default [] */
  readonly boto?: readonly string[] | undefined;
}

import { z } from 'zod';

const text = z.string().min(1);
const texts = z.array(text);

/** The section `flyte` of a configuration. */
export const flyteSchema = z.strictObject({
  allow: z
    .array(
      z.strictObject({
        project: text.optional(),
        domain: text.optional(),
        roles: texts.optional(),
        buckets: texts.optional(),
        outputs: z
          .array(
            z.string().regex(/^s3:\/\/[^/]+\//, { error: "expected a prefix such as 's3://bucket/prefix/'" }),
          )
          .optional(),
        boto: z
          .array(
            z
              .string()
              .regex(/^[\w*.-]+:[\w*]+$/, { error: "expected an operation such as 'sagemaker:Describe*'" }),
          )
          .optional(),
      }),
    )
    .optional(),
});

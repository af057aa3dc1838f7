import { z } from 'zod';

const command = z.array(z.string().min(1)).min(1);

const image = z
  .strictObject({
    command: command.optional(),
    serve: command.optional(),
    framework: z
      .enum([
        'scikit-learn',
        'xgboost',
        'pytorch',
        'tensorflow',
        'huggingface-pytorch',
        'huggingface-tensorflow',
      ])
      .optional(),
    environment: z.record(z.string(), z.coerce.string()).optional(),
  })
  .refine((value) => Boolean(value.command ?? value.serve ?? value.framework), {
    error: 'expected command, serve or framework',
  });

/** What `sluice.yaml` and `config.yaml` may hold. */
export const configurationSchema = z.strictObject({
  images: z.record(z.string().min(1), image).optional(),
  frameworks: z.strictObject({ missingPackages: z.enum(['install', 'report']).optional() }).optional(),
});

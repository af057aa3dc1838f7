import { randomBytes } from 'node:crypto';
import type { SSMClient } from '@aws-sdk/client-ssm';
import { SluiceError } from '../../core/errors.ts';
import type { AwsAccess } from '../aws/aws-access.ts';

const BYTES = 32;

/**
 * The secret that the keys of jobs' results are derived from: a parameter of Systems Manager, which the execution role
 * gives to the agent's containers alone. It is made where there is none.
 */
export class AgentSecret {
  readonly #access: AwsAccess;
  readonly #name: string;
  #value: Promise<string> | undefined;

  constructor(access: AwsAccess, name: string) {
    this.#access = access;
    this.#name = name;
  }

  /** Asks once; what has failed is asked for again. @throws SluiceError */
  value(): Promise<string> {
    this.#value ??= this.#find().catch((error: unknown) => {
      this.#value = undefined;
      throw error;
    });
    return this.#value;
  }

  /** Whether it may be read, or is not there yet. @throws SluiceError where it may not */
  async look(): Promise<boolean> {
    return (await this.#get()) !== undefined;
  }

  async #find(): Promise<string> {
    const known = await this.#get();
    if (known !== undefined) return known;
    await this.#make();
    const made = await this.#get();
    if (made !== undefined) return made;
    throw new SluiceError('PlatformUnavailable', `The parameter '${this.#name}' was made, and is not there.`);
  }

  async #get(): Promise<string | undefined> {
    const { GetParameterCommand } = await import('@aws-sdk/client-ssm');
    const ssm = await this.#client();
    const command = new GetParameterCommand({ Name: this.#name, WithDecryption: true });
    try {
      const { Parameter: found } = await this.#access.call(`GetParameter '${this.#name}'`, () =>
        ssm.send(command),
      );
      return found?.Value;
    } catch (error) {
      if (isNamed(error, 'ParameterNotFound')) return undefined;
      throw error;
    }
  }

  /** Of two that make it at the same moment one does. */
  async #make(): Promise<void> {
    const { PutParameterCommand } = await import('@aws-sdk/client-ssm');
    const ssm = await this.#client();
    const command = new PutParameterCommand({
      Name: this.#name,
      Type: 'SecureString',
      Value: randomBytes(BYTES).toString('base64url'),
      Description: 'What the results of jobs on AWS Batch are signed with.',
      Overwrite: false,
    });
    try {
      await this.#access.call(`PutParameter '${this.#name}'`, () => ssm.send(command));
    } catch (error) {
      if (!isNamed(error, 'ParameterAlreadyExists')) throw error;
    }
  }

  #client(): Promise<SSMClient> {
    return this.#access.client(
      'SSM',
      async (config) => new (await import('@aws-sdk/client-ssm')).SSMClient(config),
    );
  }
}

function isNamed(error: unknown, name: string): boolean {
  return error instanceof SluiceError && error.details['awsError'] === name;
}

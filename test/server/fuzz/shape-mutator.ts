import type { ServiceModel, Shape } from '../../../src/server/wire/model/service-model.ts';
import type { Random } from './random.ts';
import { strangeValue } from './strange-values.ts';

/** Changes requests by the shapes of a service's model. */
export class ShapeMutator {
  readonly #model: ServiceModel;
  readonly #random: Random;

  constructor(model: ServiceModel, random: Random) {
    this.#model = model;
    this.#random = random;
  }

  /** A request in which some members are changed, left out, or added from the model. */
  mutate(shapeName: string, request: unknown): unknown {
    return this.#change(shapeName, request, 0);
  }

  #change(shapeName: string, value: unknown, depth: number): unknown {
    if (this.#random.next() < 0.12) return strangeValue(this.#random);
    const shape = this.#model.shapes[shapeName] as Shape;
    if (shape.type === 'structure') return this.#structure(shape, value, depth);
    if (shape.type === 'list' && Array.isArray(value)) {
      const items = value.map((each) => this.#change(shape.member as string, each, depth + 1));
      return this.#random.next() < 0.1 ? Array.from({ length: 200 }, () => items[0] ?? null) : items;
    }
    return value;
  }

  #structure(shape: Shape, value: unknown, depth: number): unknown {
    const result: Record<string, unknown> = {};
    const given = (value ?? {}) as Record<string, unknown>;
    for (const [name, member] of Object.entries(shape.members ?? {})) {
      const change = this.#random.next();
      if (name in given && change > 0.06) result[name] = this.#change(member, given[name], depth + 1);
      else if (!(name in given) && change < 0.05) result[name] = this.#make(member, depth + 1);
    }
    if (this.#random.next() < 0.05)
      result[this.#random.pick(['Unknown', '__proto__', 'constructor', ''])] = strangeValue(this.#random);
    return result;
  }

  /** A value of a shape, valid as far as types go. */
  #make(shapeName: string, depth: number): unknown {
    const shape = this.#model.shapes[shapeName] as Shape;
    if (depth > 8) return null;
    switch (shape.type) {
      case 'structure':
        return this.#structure(shape, {}, depth);
      case 'list':
        return [this.#make(shape.member as string, depth + 1)];
      case 'map':
        return { [this.#text()]: this.#make(shape.value as string, depth + 1) };
      case 'boolean':
        return this.#random.next() < 0.5;
      case 'string':
        return shape.enum ? this.#random.pick(shape.enum) : this.#text();
      default:
        return this.#random.pick([0, 1, -1, 5, 1e6, 1.5]);
    }
  }

  #text(): string {
    return this.#random.pick([
      'a',
      'a-1',
      'A_B',
      's3://bucket/key',
      'arn:aws:iam::123456789012:role/r',
      'é',
      ' ',
      'x/y',
      '..',
    ]);
  }
}

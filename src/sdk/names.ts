import type { WithData } from './channel-input.ts';
import type { InputValue, Reference } from './references.ts';

/** Names as a list, or as a record that says more of each. */
export type Named<Definition> = readonly string[] | Readonly<Record<string, Definition>>;

/** The names of {@link Named}. */
export type NamesOf<Names> = Names extends readonly (infer Name extends string)[]
  ? Name
  : keyof Names & string;

type OptionalNamesOf<Names> = Names extends readonly string[]
  ? never
  : { [Name in keyof Names]: Names[Name] extends WithData ? Name : never }[keyof Names] & string;

/** What a call gives for named places of data. */
export type PlacesOf<Names> = {
  readonly [Name in Exclude<NamesOf<Names>, OptionalNamesOf<Names>>]: InputValue<'uri', string>;
} & { readonly [Name in OptionalNamesOf<Names>]?: InputValue<'uri', string> };

/** References to named places of data. */
export type PlaceReferencesOf<Names> = { readonly [Name in NamesOf<Names>]: Reference<'uri', string> };

/** The entries of either form; `undefined` where a list says no more than the name. */
export function namedEntries<Definition>(
  names: Named<Definition> | undefined,
): [string, Definition | undefined][] {
  if (names === undefined) return [];
  if (!isList(names)) return Object.entries(names);
  return names.map((name) => [name, undefined]);
}

function isList(names: Named<unknown>): names is readonly string[] {
  return Array.isArray(names);
}

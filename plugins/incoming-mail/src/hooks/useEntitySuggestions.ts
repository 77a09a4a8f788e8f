// SPDX-License-Identifier: Apache-2.0
import { useEffect, useState } from 'react';
import { stringifyEntityRef } from '@backstage/catalog-model';
import { useApiHolder } from '@backstage/core-plugin-api';
import { CatalogApi, catalogApiRef } from '@backstage/plugin-catalog-react';

/** The most that are offered; who looks for another goes on typing. */
export const MAX_SUGGESTIONS = 20;
// So that the catalog is asked for words, and not for every letter.
const PAUSE_MS = 250;

/** An entity that is offered. */
export interface EntitySuggestion {
  /** Its ref. */
  readonly value: string;
  /** What people call it. */
  readonly title?: string;
}

/** What to suggest entities for. */
export interface EntityQuery {
  /** What is typed so far: an entity ref, or the beginning of a name. */
  readonly text: string;
  /** The kinds that are suggested; any, where absent. */
  readonly kinds?: readonly string[];
  /** Whether somebody is at the field; before, nothing is asked. */
  readonly active: boolean;
}

/**
 * Catalog entities that match what is typed, by their refs. None where the
 * catalog does not answer: the field takes what is typed all the same.
 */
export function useEntitySuggestions(query: EntityQuery): EntitySuggestion[] {
  const { text, active } = query;
  const kinds = query.kinds?.join(',');
  const catalog = useApiHolder().get(catalogApiRef);
  const [suggestions, setSuggestions] = useState<EntitySuggestion[]>([]);

  useEffect(() => {
    if (!active || !catalog) {
      return undefined;
    }
    let stale = false;
    const timer = setTimeout(async () => {
      const found = await suggest(catalog, text, kinds?.split(','));
      if (!stale) {
        setSuggestions(found);
      }
    }, PAUSE_MS);
    return () => {
      stale = true;
      clearTimeout(timer);
    };
  }, [active, catalog, text, kinds]);

  return suggestions;
}

async function suggest(
  catalog: CatalogApi,
  text: string,
  kinds: readonly string[] | undefined,
): Promise<EntitySuggestion[]> {
  // Of a ref that is half typed, the name is what is looked for.
  const term = text.slice(text.search(/[^:/]*$/)).trim();
  try {
    const { items } = await catalog.queryEntities({
      filter: kinds && { kind: [...kinds] },
      fullTextFilter: term
        ? { term, fields: ['metadata.name', 'metadata.title'] }
        : undefined,
      fields: ['kind', 'metadata.name', 'metadata.namespace', 'metadata.title'],
      orderFields: { field: 'metadata.name', order: 'asc' },
      limit: MAX_SUGGESTIONS,
    });
    return items.slice(0, MAX_SUGGESTIONS).map(entity => ({
      value: stringifyEntityRef(entity),
      title: entity.metadata.title,
    }));
  } catch {
    // Suggestions are a convenience; saving tells what is wrong with a ref.
    return [];
  }
}

// What a token may be made for: the words that API, page and command line share.

export const TOKEN_SCOPES = ['summaries', 'captures', 'metrics', 'control'] as const;
export type TokenScope = (typeof TOKEN_SCOPES)[number];

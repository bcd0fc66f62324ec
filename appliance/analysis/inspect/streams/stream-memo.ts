// What an inspector keeps of a direction between two messages; it goes to sleep and into the carry with its conversation.

/** Small JSON values that a listener keeps per direction from call to call; carried over segments. */
export type StreamMemo = Record<string, string | number | boolean>;

/** Bodies of replies to clients, as values. */
export type ReplyBody = never;

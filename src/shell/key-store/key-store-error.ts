/** A key store that cannot be used: `message` says why, and fits behind the file's name. */
export class KeyStoreError extends Error {
  override readonly name = 'KeyStoreError';
}

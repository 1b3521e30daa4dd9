/** What a user gave cannot be used: a name, an option, a file. One line, exit 2. */
export class UnusableInput extends Error {
  override readonly name: string = 'UnusableInput';
}

/**
 * A fault of the machine or of whoever runs the server: a port in use, a folder that cannot be
 * written, a disk that is full. `message` is one line for a person; the commands exit with 2.
 */
export class OperatorError extends Error {
  override readonly name = 'OperatorError';
}

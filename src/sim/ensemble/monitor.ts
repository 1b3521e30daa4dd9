/** What watches a simulation: told of everything as it happens; throws a {@link Violation}. */
import type { MemberEvent, MemberStep } from '../../server/member.js';
import type { Write } from './disk.js';
import type { SimServer } from './server.js';

export interface Monitor {
  /** After a step of `server`, before its effects are carried out. */
  readonly stepped: (server: SimServer, event: MemberEvent, step: MemberStep) => void;
  /** These writes are on the disk now. */
  readonly written: (server: SimServer, writes: readonly Write[]) => void;
  readonly crashed: (server: SimServer) => void;
}

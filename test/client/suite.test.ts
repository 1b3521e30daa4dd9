/** The client against our servers and Apache's: one suite for all. About 60 s on a quiet machine. */
import { operations } from './cases/operations.js';
import { onEveryTarget } from './targets.js';

onEveryTarget([...operations]);

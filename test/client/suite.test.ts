/** The client against our servers and Apache's: one suite for all. About 40 s on a quiet machine. */
import { operations } from './cases/operations.js';
import { recipes } from './cases/recipes.js';
import { leaderLoss, sessions } from './cases/sessions.js';
import { watches } from './cases/watches.js';
import { onEveryTarget } from './targets.js';

onEveryTarget([...operations, ...watches, ...sessions, ...recipes, ...leaderLoss]);

/** The client against our servers and Apache's: one suite for all. About 50 s on a quiet machine. */
import { features, operations } from './cases/operations.js';
import { recipes } from './cases/recipes.js';
import { leaderLoss, sessions } from './cases/sessions.js';
import { watches } from './cases/watches.js';
import { FEATURE_TARGETS, onEveryTarget } from './targets.js';

onEveryTarget([...operations, ...watches, ...sessions, ...recipes, ...leaderLoss]);
onEveryTarget(features, FEATURE_TARGETS);

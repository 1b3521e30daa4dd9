/** The clients whose own tests and programs run here. */
import { recipes } from './recipes.js';
import { kafka } from './kafka.js';
import { curator } from './curator.js';
import { go } from './go.js';
import { kazoo } from './kazoo.js';
import type { Suite } from './suite.js';

export const SUITES: readonly Suite[] = [kazoo, go, curator, recipes, kafka];

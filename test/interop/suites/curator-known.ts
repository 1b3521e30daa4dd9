/** Tests of Curator whose outcome on our server is another one than on Apache's, and why. */
import type { Known } from './suite.js';

export const KNOWN: readonly Known[] = [];

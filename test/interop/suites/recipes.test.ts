/** Curator's recipes on three of our servers, before and after each of them was killed; as on Apache's. */
import { suiteTests } from '../../support/suite-tests.js';
import { recipes } from './recipes.js';

suiteTests(recipes, ['ensemble'], 600_000);

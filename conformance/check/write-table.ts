/** `npm run spec:table`: see readme-table.ts. */
import { writeReadmeTable } from './readme-table.js';

writeReadmeTable();

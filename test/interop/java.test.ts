/** The Java client against standalone servers and ensembles: see java/Checks.java. */
import { clientTests } from '../support/client-program.js';
import { javaClientCommand } from '../support/java-client.js';

clientTests({ name: 'the Java client', command: javaClientCommand });

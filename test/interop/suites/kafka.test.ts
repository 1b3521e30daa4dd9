/** A Kafka broker on three of our servers, through the loss of their leader, as on Apache's. */
import { suiteTests } from '../../support/suite-tests.js';
import { kafka } from './kafka.js';

suiteTests(kafka, [], 600_000);

import { faultMatrix } from './upgrade/matrix.ts';

faultMatrix('releases');

import { faultMatrix } from './upgrade/matrix.ts';

faultMatrix('in-place');

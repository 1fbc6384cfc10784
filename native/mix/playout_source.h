/* playout_source.h -- what a bridge asks of its playouts beyond source.h. */
#ifndef MM_PLAYOUT_SOURCE_H
#define MM_PLAYOUT_SOURCE_H

#include "mix/playout.h"

/* The ring ran dry in this tick although more was to come: once for each time
 * that samples stopped. */
bool mm_playout_underran(const struct mm_playout *playout);

#endif

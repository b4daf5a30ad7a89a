// What there is of libpng here: its simplified interface.

#include <png.h>

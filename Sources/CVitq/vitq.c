/* Checks that the header stands alone; VitqC implements it. */
#include "vitq.h"

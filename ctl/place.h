/* Where two lists that are alike differ, and what stands there. Pure. */
#ifndef CTL_PLACE_H
#define CTL_PLACE_H

#include "ctl/file.h"

/* How many bytes of `bytes` are not those of the list; `first` gets the offset of the first one.
 * SIZE_MAX: the lengths differ, nothing is compared. */
size_t ctl_differing(const struct ctl_file *f, const uint8_t *bytes, size_t len, size_t *first);

/* "record 3, CERTIFICATE" or "the header, SIGNATURE": what holds the byte at `offset`. */
#define CTL_PLACE_TEXT 64
const char *ctl_place_text(const struct ctl_file *f, size_t offset, char out[CTL_PLACE_TEXT]);

#endif

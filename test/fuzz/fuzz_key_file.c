/* Any bytes as a key log. */
#include "tools/vmports/key_file.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err e = {0};
    struct key_file *k = key_file_parse((const char *)data, size, &e);
    size_t n = 0;

    if (!k && e.kind == ERR_NONE)
        abort();
    const struct stream_key *found = key_file_find(k, 0x0000000a, &n);
    for (size_t i = 0; i < n; i++)
        if (found[i].ssrc != 0x0000000a || !media_key_check(&found[i].key, NULL))
            abort();
    key_file_free(k);
    return 0;
}

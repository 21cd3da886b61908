/* The lab's TFTP server: a request, then packets of the client's. Input: length byte and bytes, in
 * turn. Whatever comes, a transfer ends, and never sends outside its file. */
#include "tools/labcm/tftp.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t *next(const uint8_t **data, size_t *left, size_t *len)
{
    const uint8_t *at = *data + 1;

    *len = **data < *left - 1 ? **data : *left - 1;
    *data += 1 + *len;
    *left -= 1 + *len;
    return at;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t file[5000], out[TFTP_PACKET_MAX];
    struct tftp_request r;
    struct tftp_transfer t;
    enum tftp_error code;
    struct err e;
    size_t len;

    if (size == 0)
        return 0;
    const uint8_t *packet = next(&data, &size, &len);
    if (!tftp_read_request(&r, packet, len, &code, &e)) {
        tftp_write_error(out, len, code, e.text);
        return 0;
    }
    tftp_start(&t, &r, file, sizeof file);
    for (enum tftp_turn turn = TFTP_SEND; turn == TFTP_SEND || turn == TFTP_WAIT;) {
        if (turn == TFTP_SEND && tftp_packet(&t, out) > TFTP_PACKET_MAX)
            abort();
        if (size == 0) {
            turn = tftp_late(&t, &e);
            continue;
        }
        packet = next(&data, &size, &len);
        turn = tftp_take(&t, packet, len, &e);
    }
    return 0;
}

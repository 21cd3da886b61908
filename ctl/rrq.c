#include "ctl/rrq.h"

#include "base/clock.h"

#include <stdio.h>
#include <string.h>

/* After 1 and 2 seconds; libcurl's own repeat is the one after 4 (ctl-tftp-tls.md 3.4). */
static const int64_t due_s[] = {1, 3};

static void put_word(struct rrq *q, const char *word)
{
    const size_t n = strlen(word) + 1;

    if (q->len == 0 || n > sizeof q->bytes - q->len) {
        q->len = 0;
        return;
    }
    memcpy(q->bytes + q->len, word, n);
    q->len += n;
}

void rrq_write(struct rrq *q, const char *file, bool with_options, unsigned timeout_s)
{
    static const uint8_t opcode[] = {0, 1};
    char seconds[12];

    *q = (struct rrq){.len = sizeof opcode};
    memcpy(q->bytes, opcode, sizeof opcode);
    put_word(q, file);
    put_word(q, "octet");
    if (!with_options)
        return;
    snprintf(seconds, sizeof seconds, "%u", timeout_s);
    put_word(q, "tsize");
    put_word(q, "0");
    put_word(q, "blksize");
    put_word(q, "512");
    put_word(q, "timeout");
    put_word(q, seconds);
}

void rrq_asks(struct rrq *q, const struct sockaddr *to, socklen_t len, int64_t now_ns)
{
    q->asked_ns = now_ns;
    q->repeats = 0;
    q->to_len = len <= sizeof q->to ? len : 0;
    memcpy(&q->to, to, q->to_len);
}

void rrq_repeat(struct rrq *q, int socket, int64_t now_ns)
{
    if (socket < 0 || q->len == 0 || q->to_len == 0 ||
        q->repeats == sizeof due_s / sizeof due_s[0] ||
        now_ns - q->asked_ns < due_s[q->repeats] * NS_PER_S)
        return;
    q->repeats++;
    (void)sendto(socket, q->bytes, q->len, MSG_DONTWAIT, (const struct sockaddr *)&q->to,
                 q->to_len);
}
